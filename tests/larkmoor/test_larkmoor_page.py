"""The town's page and its map say what the generator says."""

import re
from pathlib import Path

import pytest

from larkmoor.names import SHOPS, STREETS
from larkmoor.page import BLOCKS, fill

COURSE = Path(__file__).parents[2] / "course"
PAGE = (COURSE / "larkmoor.md").read_text(encoding="utf-8")


def test_every_number_on_the_page_is_the_generator_s(town):
    assert fill(PAGE, town) == PAGE, "run: python -m larkmoor.page course/larkmoor.md"


def test_the_page_has_no_number_in_its_prose():
    prose = re.sub(r"<!-- begin (.*?) -->.*?<!-- end \1 -->", "", PAGE, flags=re.DOTALL)
    prose = re.sub(r"```.*?```|`.*?`", "", prose, flags=re.DOTALL)
    assert set(re.findall(r"\d+", prose)) <= {"2", "95"}  # a formula and the interval's level


def test_a_page_without_its_blocks_is_refused(town):
    with pytest.raises(ValueError, match=f"one block '{next(iter(BLOCKS))}', and it has 0"):
        fill("no blocks here", town)


def labels(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg)


def test_the_committed_map_shows_every_street_and_shop_and_asks_no_host():
    svg = (COURSE / "images" / "larkmoor-map.svg").read_text(encoding="utf-8")
    wanted = [s.removesuffix(" Street") for s in STREETS] + [s.removeprefix("the ") for s in SHOPS]
    assert set(wanted) <= set(labels(svg))
    assert not re.search(r"(href|src)=\"https?:", svg)
    assert "url(http" not in svg
    assert len(svg) < 100_000


def test_the_committed_map_is_the_one_that_is_drawn(town):
    pytest.importorskip("matplotlib")
    from larkmoor.map import draw

    drawn = draw(town)
    committed = (COURSE / "images" / "larkmoor-map.svg").read_text(encoding="utf-8")
    assert labels(drawn) == labels(committed)
    numbers = [re.findall(r"-?\d+\.\d+", svg) for svg in (drawn, committed)]
    assert len(numbers[0]) == len(numbers[1])
    apart = max(abs(float(a) - float(b)) for a, b in zip(*numbers))
    assert apart < 0.5, "run: python -m larkmoor.map --out course/images/larkmoor-map.svg"
