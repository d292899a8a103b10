"""The settings that come with the course can be trained with, and are what they say they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from minitorch.pretraining import config_of
from minitorch.settings_file import read_settings
from minitorch.town import course_tokenizer
from minitorch.transformer import count_parameters

pytest.importorskip("yaml")

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_as_large_and_as_long_as_its_first_line_says(path: Path) -> None:
    settings = read_settings(path)
    first = path.read_text().splitlines()[0]
    counts = {
        "parameters": count_parameters(config_of(settings, course_tokenizer())),
        "tokens": sum(phase.steps for phase in settings.phases) * settings.tokens_per_step,
    }
    for name, count in counts.items():
        said = re.search(rf"([\d.]+) million {name}", first)
        assert said, f"the first line says nothing of {name}"
        assert f"{count / 1e6:.{len(said[1].partition('.')[2])}f}" == said[1]


def test_there_are_recipes() -> None:
    assert {path.stem for path in RECIPES} >= {"larkmoor", "nano"}
