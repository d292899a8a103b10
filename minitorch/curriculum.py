"""A curriculum: phases of training, each with its data, its length and its learning rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from minitorch import optim


@dataclass(frozen=True)
class Phase:
    """A part of the training.

    `data` says how often each kind of line is taken. A phase with `lr` begins a schedule: up to
    `lr` in `warmup` steps, then down to `floor`. One without goes on with the schedule before it.
    """

    name: str
    steps: int
    lr: float | None = None
    warmup: int = 0
    floor: float = 0.0
    data: Mapping[str, float] = field(default_factory=lambda: {"all": 1.0})


def phase_at(step: int, lengths: Sequence[int]) -> tuple[int, int]:
    """Return in which phase a step lies, and which step of that phase it is.

    `lengths` holds the number of steps of each phase. Steps count from 1, in the whole training
    as in a phase; phases count from 0. With lengths 10 and 5, step 10 is (0, 10) and step 11 is
    (1, 1). A step before the first or after the last raises a ValueError.
    """
    if step < 1:
        raise ValueError(f"steps count from 1; there is no step {step}")
    within = step
    for number, length in enumerate(lengths):
        if within <= length:
            return number, within
        within -= length
    raise ValueError(f"step {step} comes after the last phase, which ends at {sum(lengths)}")


def learning_rate(step: int, phases: Sequence[Phase]) -> float:
    """Return the learning rate at a step of the whole training, which counts from 1.

    A phase whose `lr` is not None begins a schedule: `optim.warmup_cosine` with its `lr` as the
    peak, its `warmup` and its `floor`. The schedule reaches over this phase and over those after
    it whose `lr` is None: its steps are counted from the beginning of the first, and its total
    is the sum of the steps of all of them. The first phase always has an `lr`.
    """
    number, within = phase_at(step, [phase.steps for phase in phases])
    first = number
    while phases[first].lr is None:
        first -= 1
    last = number + 1
    while last < len(phases) and phases[last].lr is None:
        last += 1
    before = sum(phase.steps for phase in phases[first:number])
    total = sum(phase.steps for phase in phases[first:last])
    start = phases[first]
    return optim.warmup_cosine(before + within, start.lr or 0.0, start.warmup, total, start.floor)
