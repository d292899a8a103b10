"""Which phase a step belongs to, and its learning rate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch.curriculum import Phase, learning_rate, phase_at
from minitorch.optim import warmup_cosine

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@given(LENGTHS)
def test_every_step_lies_in_one_phase_in_order(lengths: list[int]) -> None:
    found = [phase_at(step, lengths) for step in range(1, sum(lengths) + 1)]
    expected = [(i, within) for i, n in enumerate(lengths) for within in range(1, n + 1)]
    assert found == expected


@pytest.mark.parametrize("step", [0, -3])
def test_there_is_no_step_before_the_first(step: int) -> None:
    with pytest.raises(ValueError, match=f"steps count from 1; there is no step {step}"):
        phase_at(step, [10])


def test_there_is_no_step_after_the_last() -> None:
    with pytest.raises(ValueError, match=r"step 16 comes after the last phase.*at 15"):
        phase_at(16, [10, 5])


def test_a_phase_with_a_learning_rate_begins_a_schedule() -> None:
    phases = [Phase("a", 10, lr=1.0, warmup=3), Phase("b", 6, lr=0.5, warmup=2, floor=0.1)]
    rates = [learning_rate(step, phases) for step in range(1, 17)]
    assert rates[:10] == [warmup_cosine(step, 1.0, 3, 10) for step in range(1, 11)]
    assert rates[10:] == [warmup_cosine(step, 0.5, 2, 6, 0.1) for step in range(1, 7)]


def test_a_phase_without_one_goes_on_with_the_schedule_before() -> None:
    phases = [
        Phase("a", 4, lr=1.0),
        Phase("b", 5, lr=2.0, warmup=3, floor=0.2),
        Phase("c", 6),
        Phase("d", 7),
        Phase("e", 8, lr=3.0, warmup=2),
    ]
    rates = [learning_rate(step, phases) for step in range(1, 31)]
    assert rates[4:22] == [warmup_cosine(step, 2.0, 3, 18, 0.2) for step in range(1, 19)]
    assert rates[22:] == [warmup_cosine(step, 3.0, 2, 8) for step in range(1, 9)]
