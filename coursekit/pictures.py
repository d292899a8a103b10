"""Whether two pictures look the same, though another processor drew one of them.

A rounding in the last digit changes a few bytes of a drawing and nothing that can be seen. So
two SVGs count as equal if their text is, and the numbers in their tags are within 0.01 of each
other, ids counted by their order; two PNGs if they are equally large and no pixel's channel is
more than 16 of 255 away. A page of HTML is compared exactly, but for such images inside it.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from io import BytesIO
from itertools import count
from urllib.parse import unquote

import numpy as np

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_INSIDE_HTML = re.compile(
    r"data:(image/[\w+.-]+)(?:;base64,(?P<packed>[A-Za-z0-9+/=]+)|,(?P<quoted>[^'<>]+))"
)
CLOSE = 0.01
LEVELS = 16


def look_alike(mime: str, one: str, other: str) -> bool:
    """Tell whether two outputs of a notebook are the same but for a picture's rounding."""
    if one == other:
        return True
    if mime == "image/svg+xml":
        return _same_svg(one, other)
    if mime == "image/png":
        return _same_png(one, other)
    if mime == "text/html":
        return _same_html(one, other)
    return False


def _same_html(one: str, other: str) -> bool:
    if _INSIDE_HTML.sub("", one) != _INSIDE_HTML.sub("", other):
        return False
    pairs = zip(_INSIDE_HTML.finditer(one), _INSIDE_HTML.finditer(other), strict=True)
    return all(a[1] == b[1] and _same_inside(a, b) for a, b in pairs)


def _same_inside(one: re.Match[str], other: re.Match[str]) -> bool:
    if one[1] != "image/svg+xml":
        return look_alike(one[1], one["packed"] or "", other["packed"] or "")
    try:
        drawings = [
            unquote(image["quoted"]) if image["quoted"] else b64decode(image["packed"]).decode()
            for image in (one, other)
        ]
    except (binascii.Error, UnicodeDecodeError):
        return False
    return look_alike(one[1], *drawings)


def _same_svg(one: str, other: str) -> bool:
    parts = [
        re.split(r"(<!--.*?-->|<[^>]*>)", _ids_in_order(svg), flags=re.S) for svg in (one, other)
    ]
    if len(parts[0]) != len(parts[1]):
        return False
    return all(_same_part(a, b) for a, b in zip(*parts))


def _same_part(one: str, other: str) -> bool:
    if one == other:
        return True
    if not one.startswith("<") or one.startswith("<!--"):
        return False
    for attribute in ("width", "height", "viewBox", "aria-label"):
        pattern = rf'\b{attribute}="[^"]*"'
        if one.startswith("<svg") and re.findall(pattern, one) != re.findall(pattern, other):
            return False
    if NUMBER.split(one) != NUMBER.split(other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other))
    return all(abs(float(a) - float(b)) <= CLOSE for a, b in pairs)


def _ids_in_order(svg: str) -> str:
    """The drawing with its ids numbered: Matplotlib makes them from the coordinates."""
    numbers = count(1)
    names = {name: f"id{next(numbers)}" for name in re.findall(r'\bid="([^"]+)"', svg)}

    def renamed(match: re.Match[str]) -> str:
        return match[1] + names.get(match[2], match[2]) + match[3]

    return re.sub(r'(\bid="|href="#|url\(#)([^")]+)(["\)])', renamed, svg)


def _same_png(one: str, other: str) -> bool:
    from PIL import Image, UnidentifiedImageError

    try:
        images = [Image.open(BytesIO(b64decode(text))).convert("RGBA") for text in (one, other)]
    except (binascii.Error, UnidentifiedImageError):
        return False
    if images[0].size != images[1].size:
        return False
    levels = [np.asarray(image, dtype=np.int16) for image in images]
    return bool(np.all(np.abs(levels[0] - levels[1]) <= LEVELS))
