"""Makes the README's picture: a notebook in JupyterLab with a checked exercise.

    python -m tests.browser.picture                 course/images/week01-check.png
    python -m tests.browser.picture --dark OTHER.png

It shows what a wrong answer looks like, so it is to be made again when the chapter or the report
changes.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator

from coursekit import source
from tests.browser.jupyter import ROOT, Lab, opened, served

PICTURE = ROOT / "course" / "images" / "week01-check.png"
WIDTH = 1298  # of the window; the picture is a hundred less
COLORS = 128  # enough for text; the file stays small
CARD = "xpath=preceding-sibling::*[1]"  # the Markdown cell above
MUL = f'@exercise("ops.mul")\n{source.solution("ops.mul").rstrip()}'
EXCHANGED = MUL.replace("g * b.data, g * a.data", "g * a.data, g * b.data")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, default=PICTURE)
    parser.add_argument("--dark", action="store_true", help="in JupyterLab's dark theme")
    args = parser.parse_args()
    theme = "JupyterLab Dark" if args.dark else "JupyterLab Light"
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), theme=theme) as address,
        opened(address, width=WIDTH, height=1600) as lab,
    ):
        picture = taken(lab)
    args.path.parent.mkdir(parents=True, exist_ok=True)
    small = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLORS)
    small.save(args.path, optimize=True)
    print(f"{args.path}: {small.width} x {small.height}, {args.path.stat().st_size // 1024} kB")


def taken(lab: Lab) -> bytes:
    """A wrong answer in its cell, and what its check says, from the exercise's card on."""
    lab.page.keyboard.press("ControlOrMeta+b")  # the side bar
    lab.run_all()
    answer, check = lab.cell('@exercise("ops.mul")'), lab.cell('check("mul")')
    lab.write(answer, EXCHANGED)
    lab.run(answer)
    lab.run(check)
    lab.page.mouse.move(0, 0)
    return lab.page.screenshot(clip=_around(answer.locator(CARD), check))


def _around(first: Locator, last: Locator) -> dict[str, float]:
    first.scroll_into_view_if_needed()
    above, below = first.bounding_box(), last.bounding_box()
    assert above is not None
    assert below is not None
    return {
        "x": above["x"],
        "y": above["y"],
        "width": above["width"],
        "height": below["y"] + below["height"] - above["y"],
    }


if __name__ == "__main__":
    main()
