"""An answer is judged beside the library; whatever it does, the verdict is a clear sentence."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

from coursekit import checking, judge, library
from coursekit.answers import Answer
from coursekit.judge import Failure, Verdict
from minitorch import Tensor
from tests.coursekit.learner import EXCHANGED, MUL

# A limit may strike anywhere, also in what measures coverage, which would stay locked.
pytestmark = pytest.mark.no_cover

CHECKS = checking.checks_of_week(1)["ops.mul"]
RETURN = "return record(a.data * b.data, (a, b), backward)"
QUICK = 0.3


def verdict_on(source: str = MUL, seed: int | None = None, seconds: float = 10.0) -> Verdict:
    answer = Answer("ops.mul", source.replace('@exercise("ops.mul")\n', "")).compile()
    return judge.judge(CHECKS, answer, seed, seconds)


def written(old: str, new: str) -> str:
    assert old in MUL
    return MUL.replace(old, new)


def first_failure(source: str, seconds: float = 10.0) -> Failure:
    """The first failure, after seeing that the library came back."""
    verdict = verdict_on(source, seconds=seconds)
    assert not verdict.passed
    assert library.installed() == {}
    assert (Tensor([2.0]) * Tensor([3.0])).item() == 6.0
    failure = next(result.failure for result in verdict.results if result.failure)
    assert "\n" not in failure.message
    return failure


def test_a_right_answer_passes_every_check() -> None:
    verdict = verdict_on()
    assert verdict.passed
    assert verdict.share == 1.0


def test_a_wrong_answer_is_told_which_mistake_it_is() -> None:
    verdict = verdict_on(EXCHANGED)
    assert verdict.mistake == "mul_takes_each_factor_for_the_other"
    assert "The factors have changed places" in verdict.diagnosis


def test_an_unknown_mistake_has_no_diagnosis_but_a_difference() -> None:
    verdict = verdict_on(written("g * b.data", "g * b.data + 1"))
    assert not verdict.mistake
    failure = verdict.results[0].failure
    assert failure is not None
    assert failure.difference is not None
    assert failure.difference.where == "gradient of a"


def test_the_same_seed_gives_the_same_inputs_and_another_seed_others() -> None:
    def inputs(seed: int | None) -> list[float]:
        failure = verdict_on(EXCHANGED, seed).results[0].failure
        assert failure is not None
        return failure.inputs["a"].tolist()

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)
    assert inputs(None) != inputs(None)


def test_the_points_are_the_share_of_checks_that_pass() -> None:
    exp = checking.checks_of_week(1)["ops.matmul"]
    wrong = next(w for w in exp.wrong_answers if w.name == "matmul_computes_what_nobody_wants")
    verdict = judge.judge(exp, library.at_home("ops.matmul", wrong.function))
    assert verdict.share == pytest.approx(2 / 3)


def test_a_fault_of_one_accepted_answer_is_not_held_against_another() -> None:
    """The engine sums gradients back with `unbroadcast`, which may be the reader's too."""
    name = "autograd.unbroadcast"
    library.install(name, library.at_home(name, lambda gradient, shape: 1 / 0))
    try:
        assert verdict_on().passed
        assert set(library.installed()) == {name}
    finally:
        library.restore(name)


# -- answers that misbehave --------------------------------------------------------------------


@pytest.mark.parametrize("body", ["return a * b", "return b * a", "return Tensor.__mul__(a, b)"])
def test_calling_the_librarys_own_version_of_itself_is_explained(body: str) -> None:
    failure = first_failure(written(RETURN, body))
    assert "calling itself without end" in failure.message
    assert "`.data`" in failure.message


def test_a_rule_that_calls_the_library_is_explained() -> None:
    assert "`.data`" in first_failure(written("g * b.data", "g * b")).message


@pytest.mark.parametrize("name", ["a", "b"])
def test_an_input_that_is_changed_in_place_is_named(name: str) -> None:
    failure = first_failure(written(RETURN, f"{name}.data += 1\n    {RETURN}"))
    assert f"`{name}` was changed in place" in failure.message


def test_a_cotangent_that_is_changed_in_place_is_named() -> None:
    source = written("return g * b.data, g * a.data", "h = g * a.data\n        g *= b.data\n")
    failure = first_failure(source.replace("g *= b.data\n", "g *= b.data\n        return g, h"))
    assert "`g` was changed in place" in failure.message
    assert "right" in failure.message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("a.data * b.data", "an array"),
        ("None", "`return`"),
        ("3.0", "`float`"),
        ("[a, b]", "`list`"),
        ("(yield)", "`generator`"),
    ],
)
def test_a_result_of_the_wrong_type_is_named(given: str, said: str) -> None:
    assert said in first_failure(written(RETURN, f"return {given}")).message


def test_a_missing_return_is_suspected() -> None:
    assert "`return`" in first_failure(written(RETURN, RETURN.removeprefix("return "))).message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[g * b.data, g * a.data]", "tuple"),
        ("g * b.data", "tuple"),
        ("(g * b.data,)", "tuple"),
        ("Tensor(g * b.data), Tensor(g * a.data)", "Tensor"),
        ("g[:, None, None, None], g", "shape"),
    ],
)
def test_a_rule_that_returns_something_else_is_told_what(given: str, said: str) -> None:
    source = written("return g * b.data, g * a.data", f"return {given}")
    assert said in first_failure(source).message


@pytest.mark.parametrize(
    "statement", ["raise SystemExit", "raise SystemExit(3)", "exit()", "quit()"]
)
def test_an_answer_cannot_end_the_program(statement: str) -> None:
    source = written(RETURN, f"{statement}\n    {RETURN}")
    assert "SystemExit" in first_failure(source).message


def test_a_half_written_answer_is_told_that_something_is_missing() -> None:
    source = written("return g * b.data, g * a.data", "raise NotImplementedError")
    assert "still to be written" in first_failure(source).message


def test_an_error_is_shown_with_the_line_it_came_from(tmp_path) -> None:
    path = tmp_path / "cell.py"
    path.write_text(written(RETURN, f"1 / 0\n    {RETURN}"))
    source = path.read_text().replace('@exercise("ops.mul")\n', "# the decorator\n")
    path.write_text(source)
    answer = Answer("ops.mul", source, str(path)).compile()
    failure = judge.judge(CHECKS, answer).results[0].failure
    assert failure is not None
    assert failure.message == ("It raised ZeroDivisionError: division by zero in the line `1 / 0`.")


def test_an_error_inside_numpy_is_shown_with_the_answers_own_line() -> None:
    source = written(RETURN, f"np.linalg.inv(np.zeros((2, 3)))\n    {RETURN}")
    assert "in the line `np.linalg.inv(np.zeros((2, 3)))`" in first_failure(source).message


def test_an_interruption_leaves_the_library_as_it_was() -> None:
    """Ctrl-C while an answer is being checked."""
    library.install("ops.sum", library.target("ops.sum").original)
    try:
        with pytest.raises(KeyboardInterrupt):
            verdict_on(written(RETURN, f"raise KeyboardInterrupt\n    {RETURN}"))
        assert (Tensor([2.0]) * Tensor([3.0])).item() == 6.0
        assert set(library.installed()) == {"ops.sum"}
        assert verdict_on().passed
    finally:
        library.restore("ops.sum")


# -- answers that never end --------------------------------------------------------------------

ENDLESS = {
    "pass": "while True:\n        pass",
    "except Exception": (
        "while True:\n        try:\n            a.data + 1\n        except Exception:\n"
        "            pass"
    ),
    "bare except": (
        "while True:\n        try:\n            a.data + 1\n        except:\n            pass"
    ),
    "asleep": (
        "import time\n    while True:\n        try:\n            time.sleep(0.02)\n"
        "        except:\n            continue"
    ),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("loop", ENDLESS)
@pytest.mark.parametrize("in_main_thread", [True, False])
def test_an_answer_that_never_ends_is_stopped(loop: str, in_main_thread: bool) -> None:
    source = written(RETURN, f"{ENDLESS[loop]}\n    {RETURN}")
    failures: list[Failure] = []
    if in_main_thread:
        failures.append(first_failure(source, QUICK))
    else:
        work = threading.Thread(target=lambda: failures.append(first_failure(source, QUICK)))
        work.start()
        work.join()
    assert f"still running after {QUICK:g} seconds" in failures[0].message


@pytest.mark.timeout(60)
def test_after_one_check_ran_out_of_time_the_others_are_quick() -> None:
    """Or an endless loop would take the limit as many times as there are checks."""
    verdict = verdict_on(written(RETURN, f"{ENDLESS['pass']}\n    {RETURN}"), seconds=2.0)
    told = [result.failure.message for result in verdict.results if result.failure]
    assert "after 2 seconds" in told[0]
    assert all("after 0.2 seconds" in message for message in told[1:])


# -- what it prints and warns of ---------------------------------------------------------------


def test_what_an_answer_prints_is_kept_aside_and_shown_with_the_failure(capsys) -> None:
    source = written(RETURN, f"print('look:', a.shape)\n    {RETURN}")
    verdict_on(source)
    assert capsys.readouterr() == ("", "")
    failure = first_failure(source.replace("g * b.data", "g"))
    assert failure.printed.startswith("look: (2,)\n")


def test_an_answer_that_prints_without_end_fills_no_memory() -> None:
    source = written(RETURN, f"while True:\n        print('x' * 10_000)\n    {RETURN}")
    failure = first_failure(source, QUICK)
    assert len(failure.printed) <= judge.PRINTED_AT_MOST


def test_a_warning_is_told_and_not_printed(capsys) -> None:
    source = written("record(a.data * b.data", "record(np.log(a.data - 9) * b.data")
    failure = first_failure(source)
    assert failure.warned == ["invalid value encountered in log"]
    assert capsys.readouterr() == ("", "")


def test_a_right_answer_may_print_and_warn() -> None:
    assert verdict_on(written(RETURN, f"print(np.log(-1.0))\n    {RETURN}")).passed


# -- the checks themselves ---------------------------------------------------------------------


def test_each_run_of_a_check_has_inputs_of_its_own() -> None:
    seen = []
    check = checking.Check(
        "inputs", lambda rng: iter([{"x": np.zeros(2)}]), lambda x: seen.append(x)
    )
    inputs = {"x": np.zeros(2)}
    for _ in range(2):
        judge.run_once(check, inputs, 1.0)
    assert seen[0] is not seen[1] is not inputs["x"]


def test_a_check_that_the_library_itself_fails_is_an_error_of_the_course() -> None:
    broken = checking.Checks("ops.mul")
    broken.check("impossible", cases=lambda rng: iter([{}]))(lambda: 1 / 0)
    with pytest.raises(RuntimeError, match="impossible"):
        judge.judge(broken, library.target("ops.mul").original)


def test_the_recursion_limit_is_left_as_it_was() -> None:
    before = sys.getrecursionlimit()
    first_failure(written(RETURN, "return a * b"))
    assert sys.getrecursionlimit() == before
