"""Checkpoints: everything that a training needs to go on as if it had never stopped.

A checkpoint is one file, checkpoint-000120.safetensors: the arrays (weights, and what the
optimizer remembers), and in the header as JSON all that is not an array.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from minitorch.files import replace_file
from minitorch.nn import Module
from minitorch.optim import Optimizer
from minitorch.tensor import Array

NAME = re.compile(r"checkpoint-(\d{6,})\.safetensors")
DRAFT = ".checkpoint-*"


class ResumeError(ValueError):
    """A checkpoint that cannot be gone on from; the message is one sentence."""


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a training: after which step, its arrays, and what else there is to know."""

    step: int
    arrays: dict[str, Array]
    state: dict[str, Any]


# -- the parts -----------------------------------------------------------------------------------


def random_state(rng: np.random.Generator) -> dict[str, Any]:
    """Return the state of a random generator, so that it can go on from there later.

    It is a dictionary of texts, whole numbers and such dictionaries: JSON can hold it. Nothing
    that the generator draws afterwards changes it.
    """
    return dict(rng.bit_generator.state)


def set_random_state(rng: np.random.Generator, state: Mapping[str, Any]) -> None:
    """Put a generator into a state that `random_state` returned: it draws what followed then.

    A state of another kind of generator raises a ResumeError that names both kinds.
    """
    own, given = type(rng.bit_generator).__name__, state.get("bit_generator")
    if own != given:
        raise ResumeError(f"the saved random state is of a {given}, and this generator is a {own}")
    rng.bit_generator.state = dict(state)


def generators(model: Module) -> dict[str, np.random.Generator]:
    """Return the random generators that parts of a model draw from, such as Dropout's, by name."""
    return {
        f"{name}.{attribute}".lstrip("."): value
        for name, module in model.named_modules()
        for attribute, value in vars(module).items()
        if isinstance(value, np.random.Generator)
    }


def optimizer_state(
    optimizer: Optimizer, names: Mapping[Any, str]
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return what an optimizer remembers, the arrays apart from the numbers.

    `names` gives each parameter its name. What is remembered of the parameter `w` under the key
    "mean" is called "mean.w".
    """
    arrays: dict[str, Array] = {}
    numbers: dict[str, Any] = {}
    for parameter, kept in optimizer.state.items():
        for key, value in kept.items():
            part = arrays if isinstance(value, Array) else numbers
            part[f"{key}.{names[parameter]}"] = value
    return arrays, numbers


def set_optimizer_state(
    optimizer: Optimizer,
    names: Mapping[Any, str],
    arrays: Mapping[str, Array],
    numbers: Mapping[str, Any],
) -> None:
    """Give an optimizer what `optimizer_state` returned of it, or of one like it."""
    remembered = {**arrays, **numbers}
    state = optimizer.state_dict()
    state["state"] = {}
    for number, parameter in enumerate(optimizer.parameters):
        keys = optimizer.start(parameter.data)
        if f"{next(iter(keys))}.{names[parameter]}" in remembered:
            state["state"][number] = {key: remembered[f"{key}.{names[parameter]}"] for key in keys}
    optimizer.load_state_dict(state)


def are_finite(arrays: Mapping[str, Array]) -> bool:
    """Say whether no entry of some arrays is infinite or not a number."""
    return all(bool(np.isfinite(array).all()) for array in arrays.values())


def sha256(arrays: Mapping[str, Array]) -> str:
    """Return one SHA-256 of some arrays, as a text of 64 hexadecimal digits.

    It depends on the name, dtype, shape and bytes of every array, and on nothing else: the same
    arrays give the same in any order of the dictionary.
    """
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.tobytes())
    return total.hexdigest()


# -- the file ------------------------------------------------------------------------------------


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, the oldest first."""
    found = folder.glob("checkpoint-*.safetensors")
    return sorted((p for p in found if NAME.fullmatch(p.name)), key=step_of)


def write_checkpoint(folder: Path, checkpoint: Checkpoint, keep: int = 2) -> Path:
    """Write a checkpoint; then only the `keep` newest stay. It appears whole or not at all."""
    path = folder / f"checkpoint-{checkpoint.step:06}.safetensors"
    header = {**checkpoint.state, "step": checkpoint.step, "sha256": sha256(checkpoint.arrays)}
    ordered = {name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}
    replace_file(path, save(ordered, {"state": json.dumps(header)}))
    for old in checkpoints(folder)[:-keep]:
        old.unlink(missing_ok=True)
    return path


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint, or raise a ResumeError that says what to do."""
    try:
        with safe_open(path, "np") as file:
            state = json.loads((file.metadata() or {})["state"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if state.pop("sha256") != sha256(arrays):
            raise ValueError("the arrays are not those that were written")
        return Checkpoint(int(state.pop("step")), arrays, state)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, OSError):
        raise ResumeError(
            f"{path} is damaged, or no checkpoint of this library: remove it, and the training "
            "goes on from the one before"
        ) from None


def refuse_other_settings(path: Path, saved: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Raise a ResumeError that names the first setting that is not what it was."""
    difference = _difference("", dict(saved), dict(own))
    if difference:
        raise ResumeError(
            f"{path} was made with {difference}: go on with the same settings, or train in "
            "another folder"
        )


def _difference(name: str, saved: Any, own: Any) -> str:
    """Name the first part in which two settings differ, with both values; "" if none does."""
    if isinstance(saved, list) and isinstance(own, list) and len(saved) == len(own):
        saved, own = dict(enumerate(saved)), dict(enumerate(own))
    if not isinstance(saved, dict) or not isinstance(own, dict):
        return "" if saved == own else f"{name[1:]} = {saved!r}, and now it is {own!r}"
    parts = (_difference(f"{name}.{k}", saved.get(k), own.get(k)) for k in {**saved, **own})
    return next(filter(None, parts), "")


def remove_drafts(folder: Path) -> None:
    """Remove what a killed process left unfinished."""
    for draft in folder.glob(DRAFT):
        draft.unlink(missing_ok=True)


def step_of(path: Path) -> int:
    """Return after which step a checkpoint was made, by its name."""
    match = NAME.fullmatch(path.name)
    return int(match.group(1)) if match else 0
