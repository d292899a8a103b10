"""Settings are read from a file or arguments, and each mistake is one sentence."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from minitorch.curriculum import Phase
from minitorch.setting_rules import RULES
from minitorch.settings import SettingsError, from_dict
from minitorch.settings_file import read_settings

MODEL = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
PHASE = {"name": "only", "steps": 10, "lr": 0.01}


def given(**changes: Any) -> dict[str, Any]:
    return {"model": dict(MODEL), "phases": [dict(PHASE)], **changes}


def phase(**changes: Any) -> dict[str, Any]:
    """Settings with one phase, in which a value of None removes an entry."""
    entries = PHASE | changes
    return given(phases=[{name: value for name, value in entries.items() if value is not None}])


def mistakes(settings: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        from_dict(settings)
    return str(caught.value).splitlines()


def test_what_is_not_said_has_a_value() -> None:
    settings = from_dict(given())
    assert settings.phases == (Phase("only", 10, 0.01),)
    assert settings.phases[0].data == {"all": 1}
    assert (settings.batch, settings.betas, settings.corpus) == (16, (0.9, 0.95), "small")


def test_every_setting_can_be_given() -> None:
    values = {
        "out": "there",
        "seed": 3,
        "dtype": "float64",
        "threads": 2,
        "scale_residuals": True,
        "corpus": "nano",
        "strangers": "all",
        "without": {"source": "gazette"},
        "learn": "all",
        "context": 32,
        "batch": 4,
        "accumulate": 5,
        "clip": 0.5,
        "betas": [0.8, 0.9],
        "eps": 1e-6,
        "weight_decay": 0,
        "evaluate_every": 7,
        "evaluate_rows": 8,
        "checkpoint_every": 9,
        "keep": 1,
    }
    assert {*values, "model", "phases"} == set(RULES)
    settings = from_dict(given(**values))
    for name, value in values.items():
        assert getattr(settings, name) == (tuple(value) if name == "betas" else value)


def test_tokens_become_steps_rounded_up() -> None:
    settings = from_dict(
        given(
            context=10,
            batch=3,
            accumulate=2,
            phases=[{"name": "a", "tokens": 600, "lr": 1}, {"name": "b", "tokens": 601}],
        )
    )
    assert [phase.steps for phase in settings.phases] == [10, 11]
    assert settings.tokens_per_step == 60


def test_numbers_that_yaml_takes_for_texts_are_numbers() -> None:
    settings = from_dict(phase(lr="3e-4", steps="2e1") | {"clip": "1"})
    assert settings.phases == (Phase("only", 20, 0.0003),)
    assert settings.clip == 1
    assert isinstance(settings.phases[0].steps, int)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"phases": [PHASE]}, "model is missing"),
        ({"model": MODEL}, "phases is missing"),
        (given(bacth=3), "there is no setting 'bacth'; did you mean 'batch'?"),
        (given(zzz=3), "there is no setting 'zzz'; there are model, phases, out, seed,"),
        (given(batch=0), "batch must be a whole number from 1 up, not 0"),
        (given(batch=2.5), "batch must be a whole number from 1 up, not 2.5"),
        (given(batch="many"), "batch must be a whole number from 1 up, not 'many'"),
        (given(batch=True), "batch must be a whole number from 1 up, not True"),
        (given(batch=None), "batch must be a whole number from 1 up, not None"),
        (given(seed=-1), "seed must be a whole number from 0 up, not -1"),
        (given(clip=0), "clip must be a number above 0, not 0"),
        (given(clip=float("nan")), "clip must be a number above 0, not nan"),
        (given(clip="inf"), "clip must be a number above 0, not 'inf'"),
        (given(weight_decay=-0.1), "weight_decay must be a number from 0 up, not -0.1"),
        (given(betas=[0.9]), "betas must be two numbers from 0 up, below 1, not [0.9]"),
        (given(betas=[0.9, 1]), "betas must be two numbers from 0 up, below 1, not [0.9, 1]"),
        (given(dtype="float16"), "dtype must be one of float32, float64, not 'float16'"),
        (given(corpus="big"), "corpus must be one of nano, small, medium, full, not 'big'"),
        (given(learn=True), "learn must be one of said, all, not True"),
        (given(out=""), "out must be a text, not ''"),
        (given(without="gazette"), "without must be names of what to leave out"),
        (
            given(without={"sauce": "gazette"}),
            "without: there is no setting 'sauce'; did you mean 'source'?",
        ),
        (given(without={"source": ["gazette"]}), "without: source must be a text, not ['gazette']"),
        (given(without={"fact": ["Ada"]}), "without: fact must be a list of a subject, an"),
        (given(without={"people": "Ada"}), "without: people must be a list of names"),
        (given(model=3), "model must be names of sizes and their values, not 3"),
        (given(model={}), "model: hidden_size is missing"),
        (given(model=MODEL | {"layers": 3}), "model: there is no setting 'layers'"),
        (given(model=MODEL | {"hiden_size": 3}), "did you mean 'hidden_size'?"),
        (given(model=MODEL | {"num_hidden_layers": 0}), "model: num_hidden_layers must be"),
        (given(model=MODEL | {"hidden_size": 6}), "model: head_dim must be even"),
        (given(model=MODEL | {"vocab_size": 9}), "model: there is no setting 'vocab_size'"),
        (
            given(model=MODEL | {"max_position_embeddings": 64}),
            "context (128) must not be above the model's max_position_embeddings (64)",
        ),
        (given(phases=[]), "phases must be a list of one phase or more, not []"),
        (given(phases=[3]), "phase 1: it must be names and values, not 3"),
        (phase(name=None), "phase 1: name is missing"),
        (phase(name=7), "phase 1: name must be a text, not 7"),
        (phase(steps=0), "phase 1: steps must be a whole number from 1 up, not 0"),
        (phase(steps=None), "phase 1: it needs either steps or tokens"),
        (phase(tokens=100), "phase 1: it needs either steps or tokens"),
        (phase(lr=None), "phase 1: lr is missing; only a later phase may go on"),
        (phase(lr=-1), "phase 1: lr must be a number above 0, not -1"),
        (phase(floor=1), "phase 1: floor (1) must not be above lr (0.01)"),
        (phase(warmup=-1), "phase 1: warmup must be a whole number from 0 up, not -1"),
        (phase(length=3), "phase 1: there is no setting 'length'; there are name, steps,"),
        (phase(data={}), "phase 1: data must be names of kinds of lines and how often"),
        (phase(data={"all": -1}), "phase 1: data must be names of kinds of lines and how often"),
        (phase(data=["all"]), "phase 1: data must be names of kinds of lines and how often"),
        (
            given(phases=[PHASE, {"name": "b", "steps": 3, "warmup": 2}]),
            "phase 2: warmup and floor need an lr",
        ),
        (given(phases=[PHASE, {**PHASE, "steps": 3}]), "phases: more than one is called 'only'"),
    ],
)
def test_a_mistake_is_one_sentence(settings: dict[str, Any], said: str) -> None:
    [mistake] = mistakes(settings)
    assert said in mistake


def test_all_mistakes_are_told_at_once() -> None:
    wrong = given(batch=0, sead=1, phases=[{"name": "a", "steps": 3}, {"name": "b", "lr": 0}])
    assert mistakes(wrong) == [
        "batch must be a whole number from 1 up, not 0",
        "there is no setting 'sead'; did you mean 'seed'?",
        "phase 1: lr is missing; only a later phase may go on with the one before",
        "phase 2: lr must be a number above 0, not 0",
        "phase 2: it needs either steps or tokens",
    ]


def test_what_must_stay_the_same_is_json_without_what_may_change() -> None:
    settings = from_dict(given(out="a", keep=3, checkpoint_every=5))
    kept = settings.must_stay()
    assert json.loads(json.dumps(kept)) == kept
    assert kept == from_dict(given(out="b")).must_stay()
    assert kept != from_dict(given(batch=3)).must_stay()


# -- files ---------------------------------------------------------------------------------------

YAML = """
out: there
batch: 4
model: {hidden_size: 16, intermediate_size: 32, num_hidden_layers: 2, num_attention_heads: 2}
phases:
  - {name: foundation, tokens: 2_000_000, lr: 3e-3, warmup: 10, data: {statements: 1}}
  - {name: advanced, steps: 5}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "settings.yaml").write_text(YAML)
    return tmp_path / "settings.yaml"


def test_yaml_and_json_say_the_same(path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    settings = read_settings(path)
    assert settings.phases[0].lr == 0.003
    assert settings.phases[0].steps == 2_000_000 // (4 * 128) + 1
    other = path.with_suffix(".json")
    other.write_text(json.dumps(yaml.safe_load(YAML)))
    assert read_settings(other) == settings


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_changes_replace_settings_in_and_outside_of_what_they_are_in(
    path: Path, suffix: str
) -> None:
    yaml = pytest.importorskip("yaml")
    path = path.with_suffix(suffix)
    path.write_text(json.dumps(yaml.safe_load(YAML)))
    changes = ["batch=8", "model.hidden_size=64", "phases.1.lr=0.5", "out=here", "clip=2"]
    settings = read_settings(path, [*changes, 'phases.1.data={"all": 2}'])
    assert (settings.batch, settings.model["hidden_size"], settings.clip) == (8, 64, 2)
    assert settings.phases[1] == Phase("advanced", 5, 0.5, data={"all": 2})
    assert settings.out == "here"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("batch", "a change is written name=value, not 'batch'"),
        ("=3", "a change is written name=value, not '=3'"),
        ("phases.7.lr=3", "'phases.7.lr' leads nowhere: there is no '7'"),
        ("phases.7=3", "'phases.7' leads nowhere: there is no '7'"),
        ("batch.size=3", "'batch.size' leads nowhere"),
        ("bach=3", "there is no setting 'bach'; did you mean 'batch'?"),
    ],
)
def test_a_change_that_cannot_be_made_is_told(path: Path, change: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(path, [change])
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1", "cannot be understood: while parsing a flow sequence"),
        (b"- 1\n- 2", "must hold settings as names and values"),
        (b"", "must hold settings as names and values"),
        (b"\xff\xfe\x00", "cannot be understood"),
        (b"!!python/object/apply:os.system [echo]", "cannot be understood"),
    ],
)
def test_a_file_that_holds_no_settings_is_told(path: Path, content: bytes, said: str) -> None:
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read .*none\.yaml: no such file"):
        read_settings(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match=r"cannot read .*: is a directory"):
        read_settings(tmp_path)


def test_without_pyyaml_it_says_what_to_do(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *others: Any) -> Any:
        if name == "yaml":
            raise ImportError(name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(SettingsError, match=r"pip install PyYAML, or write the settings as JSON"):
        read_settings(path)
