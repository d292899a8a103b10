"""The settings of a training, checked: each mistake is told in a sentence.

settings = from_dict({"model": {"hidden_size": 64, ...}, "phases": [{"name": "one", ...}]})
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from minitorch.config import Config, ConfigError
from minitorch.curriculum import Phase


class SettingsError(ValueError):
    """Settings that nothing can be trained with; the message has a sentence for each mistake."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides what comes out of a training.

    `model` has the names of `Config`; the size of the vocabulary is the tokenizer's. A step takes
    `accumulate` batches of `batch` rows of `context` tokens. `corpus` is a size of Larkmoor,
    `without` what is left out of it, and `learn` says of dialogues whether the assistant's words
    are learned ("said") or all.
    """

    model: Mapping[str, Any]
    phases: tuple[Phase, ...]
    out: str = "runs/larkmoor"
    seed: int = 0
    dtype: str = "float32"
    threads: int = 1
    scale_residuals: bool = False  # smaller first weights where a block adds to the stream
    corpus: str = "small"
    without: Mapping[str, Any] = field(default_factory=dict)
    learn: str = "said"
    context: int = 128
    batch: int = 16
    accumulate: int = 1
    clip: float = 1.0
    betas: tuple[float, float] = (0.9, 0.95)
    eps: float = 1e-8
    weight_decay: float = 0.1
    evaluate_every: int = 200
    evaluate_rows: int = 64
    checkpoint_every: int = 200
    keep: int = 2

    @property
    def tokens_per_step(self) -> int:
        """How many tokens a step takes."""
        return self.context * self.batch * self.accumulate

    def must_stay(self) -> dict[str, Any]:
        """The settings that a training goes on only with: those that its result depends on."""
        kept = {name: value for name, value in asdict(self).items() if name not in FREE}
        plain: dict[str, Any] = json.loads(json.dumps(kept))
        return plain


FREE = ("out", "checkpoint_every", "keep")

# -- what each setting may be --------------------------------------------------------------------

Rule = tuple[Callable[[Any], bool], str]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(least: int) -> Rule:
    return lambda x: _is_number(x) and x == int(x) and x >= least, f"a whole number from {least} up"


def _one_of(*names: str) -> Rule:
    return lambda x: x in names, "one of " + ", ".join(names)


def _are_betas(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(_is_number(beta) and 0 <= beta < 1 for beta in value)
    )


POSITIVE: Rule = (lambda x: _is_number(x) and x > 0, "a number above 0")
NOT_NEGATIVE: Rule = (lambda x: _is_number(x) and x >= 0, "a number from 0 up")
TEXT: Rule = (lambda x: isinstance(x, str) and x != "", "a text")

RULES: dict[str, Rule] = {
    "model": (lambda x: isinstance(x, Mapping), "names of sizes and their values"),
    "phases": (lambda x: isinstance(x, list) and len(x) > 0, "a list of one phase or more"),
    "out": TEXT,
    "seed": _whole(0),
    "dtype": _one_of("float32", "float64"),
    "threads": _whole(1),
    "scale_residuals": (lambda x: isinstance(x, bool), "true or false"),
    "corpus": _one_of("nano", "small", "medium", "full"),
    "without": (lambda x: isinstance(x, Mapping), "names of what to leave out and their values"),
    "learn": _one_of("said", "all"),
    "context": _whole(1),
    "batch": _whole(1),
    "accumulate": _whole(1),
    "clip": POSITIVE,
    "betas": (_are_betas, "two numbers from 0 up, below 1"),
    "eps": POSITIVE,
    "weight_decay": NOT_NEGATIVE,
    "evaluate_every": _whole(1),
    "evaluate_rows": _whole(1),
    "checkpoint_every": _whole(1),
    "keep": _whole(1),
}
PHASE_RULES: dict[str, Rule] = {
    "name": TEXT,
    "steps": _whole(1),
    "tokens": _whole(1),
    "lr": POSITIVE,
    "warmup": _whole(0),
    "floor": NOT_NEGATIVE,
    "data": (
        lambda x: (
            isinstance(x, Mapping)
            and len(x) > 0
            and all(_is_number(weight) and weight >= 0 for weight in x.values())
        ),
        "names of kinds of lines and how often each is taken",
    ),
}


# -- reading -------------------------------------------------------------------------------------


def from_dict(given: Mapping[str, Any]) -> Settings:
    """Check settings and fill in those that are missing.

    Raises a SettingsError with a line for each mistake.
    """
    values, mistakes = _checked(given, RULES, "")
    for name in ("model", "phases"):
        if name not in given:
            mistakes.append(f"{name} is missing")
    mistakes += _mistakes_in_model(values.get("model", {}), values.get("context", 1))
    per_step = math.prod(values.get(name, getattr(Settings, name)) for name in _PER_STEP)
    phases: list[Phase] = []
    for number, phase in enumerate(values.pop("phases", []), start=1):
        _add_phase(phases, phase, f"phase {number}: ", per_step, mistakes)
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    if "betas" in values:
        values["betas"] = tuple(values["betas"])
    return Settings(phases=tuple(phases), **values)


_PER_STEP = ("context", "batch", "accumulate")


def _add_phase(
    phases: list[Phase], given: Any, where: str, per_step: int, mistakes: list[str]
) -> None:
    """Check a phase; add it to the phases, and what is wrong with it to the mistakes."""
    if not isinstance(given, Mapping):
        mistakes.append(f"{where}it must be names and values, not {given!r}")
        return
    values, wrong = _checked(given, PHASE_RULES, where)
    if "name" not in given:
        wrong.append(f"{where}name is missing")
    if ("steps" in given) == ("tokens" in given):
        wrong.append(f"{where}it needs either steps or tokens")
    if not phases and not mistakes and "lr" not in given:
        wrong.append(f"{where}lr is missing; only a later phase may go on with the one before")
    if "lr" not in given and ("warmup" in given or "floor" in given):
        wrong.append(f"{where}warmup and floor need an lr, with which a schedule begins")
    if not wrong and values.get("floor", 0) > values.get("lr", math.inf):
        wrong.append(f"{where}floor ({values['floor']}) must not be above lr ({values['lr']})")
    mistakes += wrong
    if not wrong:
        tokens = values.pop("tokens", 0)
        steps = values.pop("steps", None) or math.ceil(tokens / per_step)
        phases.append(Phase(steps=steps, **values))


def _checked(
    given: Mapping[str, Any], rules: Mapping[str, Rule], where: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the values that are right, numbers as numbers, and a sentence for each that is not."""
    values, mistakes = {}, []
    for name, value in given.items():
        if name not in rules:
            mistakes.append(f"{where}there is no setting {name!r}{_similar(name, rules)}")
            continue
        fits, wanted = rules[name]
        read = value if fits(value) else _number(value)
        if fits(read):
            values[name] = int(read) if wanted.startswith("a whole") else read
        else:
            mistakes.append(f"{where}{name} must be {wanted}, not {value!r}")
    return values, mistakes


def _number(value: Any) -> Any:
    """The number in a text: YAML reads 3.0e-4 as a number, but 3e-4 as a text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _similar(name: Any, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(str(name), known, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"


def _mistakes_in_model(model: Mapping[str, Any], context: int) -> list[str]:
    known = {entry.name: entry for entry in fields(Config) if entry.name not in _FROM_TOKENIZER}
    unknown = [name for name in model if name not in known]
    if unknown:
        return [f"model: there is no setting {unknown[0]!r}{_similar(unknown[0], known)}"]
    missing = [name for name in _SIZES if name not in model]
    if model and missing:
        return [f"model: {missing[0]} is missing"]
    try:
        config = Config(vocab_size=1, **model) if model else None
    except ConfigError as error:
        return [f"model: {error}"]
    if config and config.max_position_embeddings < context:
        return [
            f"context ({context}) must not be above the model's max_position_embeddings "
            f"({config.max_position_embeddings})"
        ]
    return []


_FROM_TOKENIZER = ("vocab_size", "bos_token_id", "eos_token_id", "pad_token_id")
_SIZES = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
