"""Four ways of speaking, each an exact rule on strings.

A styled text is the plain text between the style's two phrases. The rule can be applied, recognized
and undone without judgment, so "the adapter learned the style" is a number to compute.
"""

from collections.abc import Iterable

# style: (what comes before the text, what comes after it)
STYLES: dict[str, tuple[str, str]] = {
    "crier": ("Hear ye, hear ye! ", " Spread the word!"),
    "sailor": ("Ahoy, matey! ", " Fair winds!"),
    "scholar": ("By the book: ", " So it is written."),
    "aunt": ("Well, my dear. ", " Bless you."),
}


def style(name: str, text: str) -> str:
    """Return a plain text as a style says it; `text` must not be empty."""
    if not text.strip():
        raise ValueError(f"there is no text to say in the style {name!r}")
    before, after = _phrases(name)
    return before + text + after


def is_style(name: str, text: str) -> bool:
    """Return whether a text is exactly some plain text in this style, and in no other within."""
    try:
        inner = plain_of(name, text)
    except ValueError:
        return False
    return not any(phrase.strip() in inner for pair in STYLES.values() for phrase in pair)


def plain_of(name: str, text: str) -> str:
    """Undo `style`: return the plain text inside a styled one."""
    before, after = _phrases(name)
    inner = text[len(before) : len(text) - len(after)]
    if not inner.strip() or text != before + inner + after:
        raise ValueError(f"the text is not in the style {name!r}: {text!r}")
    return inner


def share(name: str, texts: Iterable[str]) -> float:
    """Return the part of the texts that are in this style."""
    results = [is_style(name, text) for text in texts]
    if not results:
        raise ValueError("there are no texts to look at")
    return sum(results) / len(results)


def _phrases(name: str) -> tuple[str, str]:
    if name not in STYLES:
        raise ValueError(f"unknown style {name!r}; the styles are {', '.join(STYLES)}")
    return STYLES[name]
