"""The settings of a training, checked: each mistake is told in a sentence.

settings = from_dict({"model": {"hidden_size": 64, ...}, "phases": [{"name": "one", ...}]})
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from minitorch.config import Config, ConfigError
from minitorch.curriculum import Phase
from minitorch.setting_rules import PHASE_RULES, RULES, WITHOUT_RULES, checked, similar


class SettingsError(ValueError):
    """Settings that nothing can be trained with; the message has a sentence for each mistake."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides what comes out of a training.

    `model` has the names of `Config`; the size of the vocabulary is the tokenizer's. A step takes
    `accumulate` batches of `batch` rows of `context` tokens. `corpus` is a size of Larkmoor,
    `strangers` whether "some" or "all" names that nobody has are asked about in its dialogues,
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
    strangers: str = "some"
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

# -- reading -------------------------------------------------------------------------------------


def from_dict(given: Mapping[str, Any]) -> Settings:
    """Check settings and fill in those that are missing.

    Raises a SettingsError with a line for each mistake.
    """
    values, mistakes = checked(given, RULES)
    mistakes += [f"{name} is missing" for name in ("model", "phases") if name not in given]
    mistakes += checked(values.get("without", {}), WITHOUT_RULES, "without: ")[1]
    numbers = {name: values.get(name, getattr(Settings, name)) for name in _PER_STEP}
    if "model" in values:
        mistakes += _mistakes_in_model(values["model"], numbers["context"])
    given_phases = values.pop("phases", [])
    for number, phase in enumerate(given_phases):
        mistakes += _mistakes_in_phase(phase, f"phase {number + 1}: ", is_first=number == 0)
    if not mistakes:
        phases = tuple(_phase(phase, math.prod(numbers.values())) for phase in given_phases)
        twins = [name for name, count in Counter(p.name for p in phases).items() if count > 1]
        mistakes += [f"phases: more than one is called {name!r}" for name in twins]
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    if "betas" in values:
        values["betas"] = tuple(values["betas"])
    return Settings(phases=phases, **values)


_PER_STEP = ("context", "batch", "accumulate")


def _phase(given: Mapping[str, Any], per_step: int) -> Phase:
    values, _ = checked(given, PHASE_RULES)
    tokens = values.pop("tokens", 0)
    return Phase(**{"steps": math.ceil(tokens / per_step)} | values)


def _mistakes_in_phase(given: Any, where: str, is_first: bool) -> list[str]:
    if not isinstance(given, Mapping):
        return [f"{where}it must be names and values, not {given!r}"]
    values, wrong = checked(given, PHASE_RULES, where)
    if "name" not in given:
        wrong.append(f"{where}name is missing")
    if ("steps" in given) == ("tokens" in given):
        wrong.append(f"{where}it needs either steps or tokens")
    if is_first and "lr" not in given:
        wrong.append(f"{where}lr is missing; only a later phase may go on with the one before")
    elif "lr" not in given and ("warmup" in given or "floor" in given):
        wrong.append(f"{where}warmup and floor need an lr, with which a schedule begins")
    if values.get("floor", 0) > values.get("lr", math.inf):
        wrong.append(f"{where}floor ({values['floor']}) must not be above lr ({values['lr']})")
    return wrong


def _mistakes_in_model(model: Mapping[str, Any], context: int) -> list[str]:
    known = {entry.name: entry for entry in fields(Config) if entry.name not in _FROM_TOKENIZER}
    unknown = [name for name in model if name not in known]
    if unknown:
        return [f"model: there is no setting {unknown[0]!r}{similar(unknown[0], known)}"]
    missing = [name for name in _SIZES if name not in model]
    if missing:
        return [f"model: {missing[0]} is missing"]
    try:
        longest = Config(vocab_size=1, **model).max_position_embeddings
    except ConfigError as error:
        return [f"model: {error}"]
    if longest < context:
        return [
            f"context ({context}) must not be above the model's max_position_embeddings ({longest})"
        ]
    return []


_FROM_TOKENIZER = ("vocab_size", "bos_token_id", "eos_token_id", "pad_token_id")
_SIZES = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
