"""The console command `course`: a table of commands, each in a module of its own.

A command's module has `add_arguments(parser)` and `run(args) -> int`. It is imported only when the
command is chosen, so that one command's needs never stand in another's way.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

COMMANDS = {
    "lab": ("open a week's notebook in JupyterLab", "coursekit.lab"),
    "status": ("show what is solved and which parts of the library are yours", "coursekit.status"),
    "check": ("run all checks of a week on your answers", "coursekit.check_command"),
    "reset": ("set your notebook of a week aside and take a fresh one", "coursekit.reset"),
    "doctor": ("look for what is wrong with this installation", "coursekit.doctor"),
    "build": ("build the notebooks from the chapters", "coursekit.build"),
}
OWN_PACKAGES = {"coursekit", "minitorch", "larkmoor", "miniclaude"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    name = words.pop(0)
    if name not in COMMANDS:
        print(f"course: there is no command {name!r}{_suggestion(name)}", file=sys.stderr)
        return 2
    try:
        return _run(name, words)
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if not package or package in OWN_PACKAGES:
            raise
        print(
            f"course {name} needs the package {package}, which cannot be imported here ({error}): "
            "`python -m coursekit doctor` says how to mend it.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(f"\ncourse {name}: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever was reading, such as `head`, has seen enough
        # Python flushes its output once more at the end: give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def overview() -> str:
    """What `course --help` prints."""
    lines = ["usage: course COMMAND [options]", ""]
    lines += [f"  course {name:<8} {text}" for name, (text, _) in COMMANDS.items()]
    lines += ["", "`course COMMAND --help` explains one of them."]
    return "\n".join(lines)


def _run(name: str, words: list[str]) -> int:
    text, module_name = COMMANDS[name]
    module = import_module(module_name)
    parser = argparse.ArgumentParser(prog=f"course {name}", description=module.__doc__ or text)
    module.add_arguments(parser)
    status: int = module.run(parser.parse_args(words))
    return status


def _suggestion(name: str) -> str:
    close = get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {close[0]!r}?" if close else "; `course --help` lists them all."
