"""The settings that come with the course can be trained with."""

from __future__ import annotations

from pathlib import Path

import pytest

from minitorch.pretraining import config_of
from minitorch.settings_file import read_settings
from minitorch.town import course_tokenizer
from minitorch.transformer import count_parameters

pytest.importorskip("yaml")

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


@pytest.mark.parametrize(
    ("name", "parameters", "tokens"),
    [("larkmoor", 1_469_760, 7_168_000), ("nano", 283_104, 4_096_000)],
)
def test_a_recipe_is_as_large_and_as_long_as_it_says(
    name: str, parameters: int, tokens: int
) -> None:
    [path] = [path for path in RECIPES if path.stem == name]
    settings = read_settings(path)
    assert count_parameters(config_of(settings, course_tokenizer())) == parameters
    assert sum(phase.steps for phase in settings.phases) * settings.tokens_per_step == tokens


def test_every_recipe_is_tested() -> None:
    assert [path.stem for path in RECIPES] == ["larkmoor", "nano"]
