"""Everything that must hold, in one run: what `make test` does once .venv is set up.

python tests/run.py              all steps
python tests/run.py lint types   these alone
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "offline"))

from network_block import inherit

ROOT = Path(__file__).resolve().parent.parent

# Without the plugins that a step does not use: importing them takes seconds in every worker.
# A worker that dies ends the run: with files kept together, the others would wait for it for good.
PYTEST = ["-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--max-worker-restart", "0"]
NBVAL = [
    *(*PYTEST, "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:cov"),
    *("--nbval-sanitize-with", "tests/sanitize.cfg", "--nbval-cell-timeout", "120"),
]


@dataclass(frozen=True)
class Step:
    """One thing to run. After a failing quick one the other quick ones still run."""

    name: str
    says: str
    command: list[str]
    quick: bool = False
    own_workspace: bool = False


STEPS = [
    Step("lint", "ruff finds nothing to complain about", ["-m", "ruff", "check", "."], quick=True),
    Step(
        "format",
        "every file is formatted",
        ["-m", "ruff", "format", "--check", "."],
        quick=True,
    ),
    Step("types", "mypy on the packages", ["-m", "mypy"], quick=True),
    Step(
        "tests",
        "pytest, with coverage",
        [
            *(*PYTEST, "-p", "no:nbval"),
            *("--durations", "10", "--cov", "--cov-report", "term"),
        ],
    ),
    Step(
        "build",
        "the committed notebooks are what would be built",
        ["-m", "coursekit", "build", "--check"],
    ),
    # The solutions run as they were built: without a workspace, so nothing is kept between them.
    Step(
        "solutions", "each solved notebook prints what it shows", [*NBVAL, "--nbval", "solutions"]
    ),
    Step(
        "notebooks",
        "each unsolved notebook runs from top to bottom",
        [*NBVAL, "--nbval-lax", "notebooks"],
        own_workspace=True,
    ),
]


def main(names: list[str]) -> int:
    """Run the steps; the result is the exit status."""
    known = {step.name: step for step in STEPS}
    if unknown := [name for name in names if name not in known]:
        print(f"There is no step {unknown[0]!r}; there are: {', '.join(known)}.", file=sys.stderr)
        return 2
    failed = run_steps([known[name] for name in names] if names else STEPS, run_step)
    if failed:
        print(f"\nFAILED: {', '.join(failed)}", flush=True)
        return 1
    print("\nEverything passed.", flush=True)
    return 0


def run_steps(steps: list[Step], run: Callable[[Step], bool]) -> list[str]:
    """Run steps until one fails, but all quick ones in any case; the names of those that failed."""
    failed: list[str] = []
    for step in steps:
        if failed and not step.quick:
            break
        if not run(step):
            failed.append(step.name)
    return failed


def run_step(step: Step) -> bool:
    """Announce a step, run it without a network, and say how it went."""
    print(f"\n=== {step.name}: {step.says}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="course-workspace-") as folder:
        environment = environment_for(step, folder)
        status = subprocess.call([sys.executable, *step.command], cwd=ROOT, env=environment)
    took = f"{time.monotonic() - started:.1f} s"
    print(f"=== {step.name}: {'passed' if status == 0 else 'FAILED'} in {took}", flush=True)
    return status == 0


def environment_for(step: Step, folder: str) -> dict[str, str]:
    """No network, one thread for each process, and never the learner's own workspace."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    inherit(environment)
    environment.pop("COURSE_WORKSPACE", None)
    if step.own_workspace:
        environment["COURSE_WORKSPACE"] = folder
    return environment


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
