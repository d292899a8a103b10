"""The course's colors: one palette that color-blind readers can tell apart.

Each color has a contrast of at least 4.5 to the card that figures lie on, so text may wear it.
"""

from __future__ import annotations

COLORS = {
    "blue": "#1a5590",
    "orange": "#c74a00",
    "green": "#17834e",
    "purple": "#c02abf",
    "red": "#8f0d20",
    "gray": "#555555",
}

CARD = "#fcfcfa"
EDGE = "#dcdbd5"
GRID = "#e6e5e0"
INK = "#1f2328"
SOFT_INK = "#5b6068"
