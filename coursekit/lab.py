"""Open a week's notebook in JupyterLab, as your own copy in workspace/."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from urllib.parse import quote

from coursekit import handout, paths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `course lab` can be told."""
    parser.add_argument(
        "week", nargs="?", type=int, help="the week to open (the one you opened last)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, default=8888, help="another one is taken if it is busy")


def run(args: argparse.Namespace) -> int:
    """Hand the notebook out if need be, and serve the workspace until Ctrl-C."""
    weeks = paths.weeks()
    if not weeks:
        print(f"There are no chapters in {paths.COURSE}.", file=sys.stderr)
        return 1
    week = args.week or handout.last_week() or weeks[0]
    if week not in weeks:
        known = ", ".join(map(str, weeks))
        print(f"There is no week {week} in this course; there are: {known}.", file=sys.stderr)
        return 2
    try:
        notebook, said = handout.open_week(week)
    except handout.HandoutError as error:
        print(error, file=sys.stderr)
        return 1
    if said:
        print(said)
    print(f"Opening week {week} in JupyterLab; Ctrl-C here ends it.", flush=True)
    use_this_environment()
    from jupyterlab.labapp import main

    main(arguments(notebook, args.port, browser=not args.no_browser))
    return 0


def arguments(notebook: Path, port: int, browser: bool) -> list[str]:
    """What JupyterLab is started with."""
    words = [
        f"--ServerApp.root_dir={notebook.parent}",
        f"--LabApp.default_url=/lab/tree/{quote(notebook.name)}",
        f"--ServerApp.port={port}",
        "--log-level=WARN",  # the address is printed in any case
        # Nothing asks the network: no news, no look for updates, no search for extensions.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    if not browser:
        words.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in a container
        words.append("--allow-root")
    return words


def use_this_environment() -> None:
    """Let JupyterLab find this environment's commands first, and the course's own settings.

    The settings, in coursekit/jupyter, keep it from asking whether it may fetch news.
    """
    scripts = str(Path(sys.executable).parent)
    others = [p for p in os.environ.get("PATH", "").split(os.pathsep) if p and p != scripts]
    os.environ["PATH"] = os.pathsep.join([scripts, *others])
    settings = [str(Path(__file__).parent / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
