"""The models that come with the course: whole, open to others, and as good as their card says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from larkmoor.evaluate import Report
from minitorch import checkpoint, no_grad, town
from minitorch.examine import RESULT, examine
from minitorch.settings_file import read_settings

MODELS = town.MODEL.parent
NAMES = ("larkmoor", "larkmoor-nano")
RECIPES = {"larkmoor": "larkmoor.yaml", "larkmoor-nano": "nano.yaml"}


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_are_those_that_were_noted(name: str) -> None:
    noted = dict(
        reversed(line.split("  ")) for line in (MODELS / "SHA256SUMS").read_text().splitlines()
    )
    file = f"{name}/model.safetensors"
    assert hashlib.sha256((MODELS / file).read_bytes()).hexdigest() == noted[file]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_the_course_s_tokenizer(name: str) -> None:
    tokenizer = checkpoint.load_tokenizer(MODELS / name)
    assert tokenizer.fingerprint() == town.FINGERPRINT


@pytest.mark.parametrize("name", NAMES)
def test_the_log_is_that_of_the_recipe(name: str) -> None:
    settings = read_settings(Path(__file__).parents[2] / "recipes" / RECIPES[name], [])
    lines = (MODELS / name / "log.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if "loss" in row]
    assert rows[-1]["step"] == sum(phase.steps for phase in settings.phases)
    assert [row["phase"] for row in rows[:: len(rows) - 1]] == [
        settings.phases[0].name,
        settings.phases[-1].name,
    ]


@pytest.mark.parametrize("name", NAMES)
def test_transformers_opens_it_with_the_same_logits(name: str) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(MODELS / name)
    ids = np.random.default_rng(0).integers(1024, size=(2, 40))
    with no_grad():
        own = checkpoint.from_pretrained(MODELS / name)(ids).data
    with torch.no_grad():
        logits = theirs(torch.from_numpy(ids)).logits.numpy()
    assert np.abs(own - logits).max() < 1e-4 * np.abs(logits).max()


@pytest.fixture(scope="module")
def report() -> Report:
    return examine(town.course_model(), town.course_tokenizer())


@pytest.mark.parametrize(
    ("category", "least"),
    [
        ("one_hop", 0.99),
        ("follow_up", 0.98),
        ("two_hop", 0.70),
        ("unknown", 0.83),  # the aim was 0.95: see the card
        ("sum", 0.97),  # the aim was 1: see the card
    ],
)
def test_the_model_answers_as_well_as_promised(report: Report, category: str, least: float) -> None:
    assert report.share(category) >= least


def test_hardly_anybody_known_is_called_unknown(report: Report) -> None:
    assert report.false_refusals() <= 0.01


def test_the_card_s_table_is_what_the_examination_says(report: Report) -> None:
    """Within a few questions: on another processor a close decision may fall the other way."""
    kept = (town.MODEL / RESULT).read_text().splitlines()
    shares = {line.split()[0]: float(line.split()[2].strip("%")) for line in kept[1:17]}
    rows = report.rows()
    assert sorted(shares) == sorted(row.category for row in rows)
    for row in rows:
        allowed = 0.06 + 100 * 3 / row.asked
        assert shares[row.category] == pytest.approx(100 * row.share, abs=allowed), row.category
