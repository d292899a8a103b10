"""A course of one small chapter, copied to a folder of its own for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

CHAPTER = "course/week01_sums/chapter.md"


class SmallCourse:
    """The copy: its folder, and how to change its chapter."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "small"
        shutil.copytree(Path(__file__).parent / "small_course", self.root)
        self.chapter = self.root / CHAPTER
        self.library = self.root / "minitorch" / "ops.py"

    def replace(self, old: str, new: str, file: Path | None = None) -> None:
        file = file or self.chapter
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def append(self, text: str) -> None:
        before = self.chapter.read_text(encoding="utf-8")
        self.chapter.write_text(f"{before}\n{text}\n", encoding="utf-8")

    def line(self, text: str, file: Path | None = None) -> int:
        """The line where a text first stands."""
        lines = (file or self.chapter).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)
