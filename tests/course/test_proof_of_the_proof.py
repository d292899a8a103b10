"""The proof sees what it is there to see: weak checks, and mistakes in what it proves them with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from coursekit import chapter, checking
from coursekit.checking import Check, Checks, WrongAnswer
from minitorch.recording import record
from tests.course import proof

NAME = "ops.mul"
CARD = chapter.exercise(NAME)


def sound() -> Checks:
    """A copy of an exercise's checks, to be spoiled."""
    checks = checking.checks_of_week(CARD.week)[NAME]
    return Checks(
        NAME,
        list(checks.checks),
        list(checks.wrong_answers),
        list(checks.alternatives),
        dict(checks.equivalents),
    )


def with_cotangent_of_ones(check: Check) -> Check:
    def cases(rng):
        for inputs in check.cases(rng):
            yield {**inputs, "g": np.ones_like(inputs["g"])}

    return replace(check, cases=cases)


def wrong(function) -> WrongAnswer:
    return WrongAnswer(function.__name__, function, "Something is wrong.")


def right(a, b):
    def backward(g):
        return g * b.data, g * a.data

    return record(a.data * b.data, (a, b), backward)


def test_a_sound_exercise_has_no_problems() -> None:
    assert proof.problems_with_the_reference(sound()) == []
    assert proof.problems_with_wrong_answers(sound(), CARD) == []
    assert proof.problems_with_mutants(sound())[0] == []


def test_a_cotangent_of_ones_lets_a_wrong_answer_through() -> None:
    checks = sound()
    checks.checks = [with_cotangent_of_ones(checks.checks[0])]
    found = proof.problems_with_wrong_answers(checks, CARD)
    assert "mul_ignores_what_comes_in is let through with seed 1" in found


def test_a_cotangent_of_ones_lets_mutants_live() -> None:
    checks = sound()
    checks.checks = [with_cotangent_of_ones(checks.checks[0])]
    found, _ = proof.problems_with_mutants(checks)
    assert any(problem.startswith("survives: ") for problem in found)


def test_three_wrong_answers_are_too_few() -> None:
    checks = sound()
    del checks.wrong_answers[3:]
    (problem,) = proof.problems_with_wrong_answers(checks, CARD)
    assert problem == "3 wrong answers; there must be 4 at least"


def test_a_wrong_answer_with_a_name_that_the_library_lacks_is_seen() -> None:
    def lacks_a_name(a, b):
        return record(chapter(a.data) * b.data, (a, b), None)

    checks = sound()
    checks.wrong_answers = [wrong(lacks_a_name)]
    found = proof.problems_with_wrong_answers(checks, CARD)
    assert "lacks_a_name uses chapter, which minitorch.ops lacks" in found
    assert "lacks_a_name fails by accident: NameError" in found


def test_a_wrong_answer_with_another_signature_is_seen() -> None:
    def takes_three(a, b, c):
        return right(a, b)

    assert any("takes" in a for a in proof.accidents(NAME, takes_three))


def test_two_wrong_answers_that_do_the_same_are_seen() -> None:
    def the_same_mistake(a, b):
        def backward(g):
            return g, g

        return record(a.data * b.data, (a, b), backward)

    checks = sound()
    checks.wrong_answers.append(wrong(the_same_mistake))
    found = proof.problems_with_wrong_answers(checks, CARD)
    assert "the_same_mistake is taken for mul_with_the_rule_of_a_sum with seed 1" in found


def test_a_right_answer_among_the_wrong_ones_is_seen() -> None:
    checks = sound()
    checks.wrong_answers.append(wrong(right))
    found = proof.problems_with_wrong_answers(checks, CARD)
    assert "right is let through with seed 1" in found


def test_a_wrong_answer_among_the_alternatives_is_seen() -> None:
    checks = sound()
    checks.alternatives = [right, checks.wrong_answers[0].function]
    found = proof.problems_with_alternatives(checks)
    assert {problem.split()[0] for problem in found} == {"mul_ignores_what_comes_in"}


def test_a_check_that_the_library_fails_is_seen() -> None:
    """A check that returns something new at every run can be passed by nobody."""
    rng = np.random.default_rng(0)
    checks = sound()
    checks.checks.append(Check("chance", checks.checks[0].cases, lambda **inputs: rng.normal()))
    assert len(proof.problems_with_the_reference(checks)) == 5


def test_an_explanation_that_is_out_of_date_is_seen() -> None:
    checks = sound()
    checks.equivalent("return x -> return y", because="it once was")
    (found,) = proof.problems_with_mutants(checks)[0]
    assert found == "is no mutant any more, but listed as equivalent: return x -> return y"


def test_an_explanation_of_a_mutant_that_is_caught_is_seen() -> None:
    checks = sound()
    caught = next(m.change for m in proof.mutants(proof.source.solution(NAME)))
    checks.equivalent(caught, because="so it is said")
    (found,) = proof.problems_with_mutants(checks)[0]
    assert found == f"is rejected, but listed as equivalent: {caught}"
