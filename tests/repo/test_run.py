"""`make test` runs everything, says so, and never hides a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import run


def steps(*names_and_kinds: str) -> list[run.Step]:
    """Steps such as "lint?" (quick) and "tests" (not quick)."""
    return [run.Step(n.rstrip("?"), n, [], quick=n.endswith("?")) for n in names_and_kinds]


@pytest.mark.parametrize(
    ("broken", "ran"),
    [
        (set(), ["lint", "types", "tests", "build"]),
        ({"lint"}, ["lint", "types"]),
        ({"lint", "types"}, ["lint", "types"]),
        ({"tests"}, ["lint", "types", "tests"]),
    ],
)
def test_all_quick_steps_run_and_the_first_failure_ends_the_rest(broken, ran) -> None:
    seen: list[str] = []

    def one(step: run.Step) -> bool:
        seen.append(step.name)
        return step.name not in broken

    failed = run.run_steps(steps("lint?", "types?", "tests", "build"), one)
    assert seen == ran
    assert set(failed) == broken


@pytest.mark.integration
def test_a_failing_step_is_named_and_makes_the_run_fail(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    failing = run.Step("broken", "this one fails", ["-c", "raise SystemExit(3)"])
    monkeypatch.setattr(run, "STEPS", [failing])
    assert run.main([]) == 1
    assert "FAILED: broken" in capfd.readouterr().out


def test_a_step_that_does_not_exist_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["lnt"]) == 2
    assert "There is no step 'lnt'" in capsys.readouterr().err


def test_every_step_blocks_the_network_and_spares_the_learners_workspace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COURSE_WORKSPACE", "the-learners-own")
    for step in run.STEPS:
        environment = run.environment_for(step, str(tmp_path))
        assert environment["COURSE_NO_NETWORK"] == "1"
        assert environment["PYTHONPATH"].startswith(str(run.ROOT / "tests" / "offline"))
        expected = str(tmp_path) if step.own_workspace else None
        assert environment.get("COURSE_WORKSPACE") == expected


@pytest.mark.integration
def test_notebooks_that_are_not_there_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that went missing must not look like one where everything passed."""
    solutions = next(step for step in run.STEPS if step.name == "solutions")
    elsewhere = [word if word != "solutions" else "no-such-folder" for word in solutions.command]
    monkeypatch.setattr(run, "STEPS", [run.Step("solutions", "", elsewhere)])
    assert run.main([]) == 1
