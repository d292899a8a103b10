"""Set up the course on a machine that has nothing but Python, and start a target.

    python coursekit/bootstrap.py lab       install what weeks 1 to 8 need, open JupyterLab
    python coursekit/bootstrap.py test      install everything, run every check
    python coursekit/bootstrap.py setup     install only, and again what has gone missing

It runs with the system's Python and its standard library alone, before anything is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "course-setup.json"
OLDEST_PYTHON = (3, 11)

JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"  # it has no __main__
# What each target installs beyond the base dependencies, and what it then runs in .venv.
EVERYTHING = ("torch", "test", "bench", "site", "dev", "instructor")
TARGETS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "setup": ((), []),
    "lab": ((), ["-m", "coursekit", "lab"]),
    "test": (EVERYTHING, ["tests/run.py"]),
    "bench": (("torch", "bench"), ["-m", "benchmarks"]),
    "site": (("site",), ["-c", JUPYTER_BOOK, "build", "-W", "--keep-going", "."]),
}
PIP = ["-m", "pip", "install", "-qq", "--disable-pip-version-check"]


class SetupError(Exception):
    """Something that the reader has to mend; the message says how."""


def main(argv: list[str]) -> int:
    """Set up what the target needs and run it; the result is the exit status."""
    if not argv or argv[0] not in TARGETS:
        print(f"usage: python coursekit/bootstrap.py {'|'.join(TARGETS)} [arguments]")
        return 2
    target, *arguments = argv
    extras, command = TARGETS[target]
    try:
        if sys.version_info < OLDEST_PYTHON:
            return subprocess.call([newer_python(), __file__, *argv])
        make_environment()
        install(extras, again=target == "setup")
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; the same command takes it up again.", file=sys.stderr)
        return 130
    if not command:
        say("everything is in place")
        return 0
    return run_in_venv([*command, *arguments])


def newer_python() -> str:
    """Another Python of this machine that is new enough."""
    for minor in (13, 12, 11, 14):
        found = shutil.which(f"python3.{minor}")
        # A version manager may have put a name there that starts nothing.
        if found and _succeeds([found, "-c", "import venv"]):
            return found
    raise SetupError(
        f"the course needs Python {_dotted(OLDEST_PYTHON)} or newer and this is Python "
        f"{_dotted(sys.version_info[:3])}: install a newer one, then use it with "
        "`make lab PYTHON=/path/to/python3`."
    )


def make_environment() -> None:
    """Make .venv, unless there is one that works."""
    probe = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    if venv_python().exists() and _succeeds([str(venv_python()), "-c", probe]):
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            "this Python cannot make a virtual environment, because its module ensurepip is "
            f"missing; on Debian and Ubuntu `sudo apt install python{_dotted(sys.version_info[:2])}"
            "-venv` mends it."
        )
    say(f"making .venv with Python {_dotted(sys.version_info[:3])}")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        raise SetupError(f"making {VENV} failed; the lines above say why.")
    if not _succeeds([str(venv_python()), *PIP, "--upgrade", "pip"]):
        say("pip could not be upgraded; going on with the one that came with Python")


def install(extras: tuple[str, ...], again: bool = False) -> None:
    """Install the base dependencies and these extras, unless that was done before."""
    fingerprint, done = _fingerprint(), _read_stamp()
    is_current = done.get("fingerprint") == fingerprint and set(extras) <= set(done["extras"])
    if is_current and not again:
        return
    extras = tuple(sorted({*extras, *done.get("extras", ())}))
    # Whatever happens below, an interrupted installation must not look like a finished one.
    STAMP.unlink(missing_ok=True)
    # The build tool first, so that building the course needs no isolated environment of its own;
    # torch on its own, so that no other package chooses its build.
    _pip("installing the build tool", ["setuptools"])
    if "torch" in extras:
        _pip("installing torch (some minutes, the first time)", ["torch"])
    course = f".[{','.join(extras)}]" if extras else "."
    _pip(
        "installing the course" + (f" with {', '.join(extras)}" if extras else ""),
        ["--no-build-isolation", "--editable", course],
    )
    STAMP.write_text(json.dumps({"fingerprint": fingerprint, "extras": extras}) + "\n")


def venv_python() -> Path:
    """The interpreter of .venv."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run_in_venv(command: list[str]) -> int:
    """Run Python in .venv, from the repository's root; the result is its exit status."""
    whole = [str(venv_python()), *command]
    sys.stdout.flush()
    os.chdir(ROOT)
    if os.name == "nt":
        return subprocess.call(whole)
    # In place of this process, so that Ctrl-C and other signals reach it directly.
    os.execv(whole[0], whole)


def say(text: str) -> None:
    """One line about what is being done."""
    print(f"setup: {text}", flush=True)


def _pip(what: str, arguments: list[str]) -> None:
    say(what)
    started = time.monotonic()
    if subprocess.call([str(venv_python()), *PIP, "-c", "constraints.txt", *arguments], cwd=ROOT):
        raise SetupError("pip could not do that; its lines above say why. It needs a network.")
    say(f"  done in {time.monotonic() - started:.0f} s")


def _succeeds(command: list[str]) -> bool:
    quiet = subprocess.DEVNULL
    try:
        return subprocess.call(command, stdin=quiet, stdout=quiet, stderr=quiet) == 0
    except OSError:
        return False


def _fingerprint() -> str:
    """Changes when what is to be installed changes, or where it was installed."""
    digest = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _read_stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text())
        return {"fingerprint": stamp["fingerprint"], "extras": list(stamp["extras"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
