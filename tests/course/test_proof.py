"""The checks of every exercise, proved: right answers pass, wrong ones are caught and named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coursekit import chapter, checking, paths, source
from coursekit.answers import Answer
from coursekit.chapter import Exercise
from coursekit.checking import Checks
from tests.course.proof import (
    problems_with_alternatives,
    problems_with_mutants,
    problems_with_the_reference,
    problems_with_wrong_answers,
)
from tests.course.proof_summary import PROPERTY

CARDS = [card for week in paths.weeks() for card in chapter.exercises(week)]

each_exercise = pytest.mark.parametrize(
    "card", CARDS, ids=[f"week{card.week:02d}-{card.name}" for card in CARDS]
)


def checks_of(card: Exercise) -> Checks:
    return checking.checks_of_week(card.week)[card.name]


def test_there_are_exercises_to_prove() -> None:
    assert CARDS


@pytest.mark.parametrize("week", paths.weeks())
def test_each_exercise_has_checks_and_the_other_way_round(week: int) -> None:
    assert {card.name for card in chapter.exercises(week)} == set(checking.checks_of_week(week))


@each_exercise
def test_the_library_passes_its_own_checks(card: Exercise) -> None:
    assert problems_with_the_reference(checks_of(card)) == []


@each_exercise
def test_the_stub_counts_as_not_attempted(card: Exercise) -> None:
    assert Answer(card.name, source.stub(card.name)).is_stub
    assert not Answer(card.name, source.solution(card.name)).is_stub


@pytest.mark.integration
@each_exercise
def test_each_wrong_answer_is_rejected_and_diagnosed_as_itself(card: Exercise) -> None:
    assert problems_with_wrong_answers(checks_of(card), card) == []


@each_exercise
def test_other_right_answers_pass(card: Exercise) -> None:
    assert problems_with_alternatives(checks_of(card)) == []


@pytest.mark.integration
@each_exercise
def test_mutants_are_rejected_or_explained(
    card: Exercise, record_property: Callable[[str, object], None]
) -> None:
    checks = checks_of(card)
    found, count = problems_with_mutants(checks)
    assert found == []
    record_property(
        PROPERTY,
        {
            "week": card.week,
            "number": card.number,
            "exercise": card.name,
            "checks": len(checks.checks),
            "wrong": len(checks.wrong_answers),
            "others": len(checks.alternatives),
            "mutants": count,
            "equivalent": len(checks.equivalents),
        },
    )
