"""From tokens to text while they come: whole characters only, and an end where a stop text is."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence

from minitorch.tokenizer import Tokenizer


def whole_characters(tokenizer: Tokenizer, tokens: Iterable[int]) -> Iterator[str]:
    """Yield the text of tokens as soon as its characters are complete.

    The bytes of a character may come in several tokens: nothing is yielded before the last of
    them. Bytes that are no UTF-8 become the sign U+FFFD. The pieces joined are
    `tokenizer.decode(tokens)`.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for token in tokens:
        if piece := decoder.decode(tokenizer.bytes_of(token)):
            yield piece
    if rest := decoder.decode(b"", final=True):
        yield rest


def until_stop(pieces: Iterable[str], stops: Sequence[str]) -> Iterator[str]:
    """Yield text up to the first place where one of `stops` begins, and then ask for no more.

    A stop text may begin in one piece and end in another: what may turn out to be its beginning
    is held back until it is known. Of two stop texts, the one that is complete first counts, and
    of two that are complete with the same piece, the one that begins first.
    """
    held = ""
    for piece in pieces:
        held += piece
        found = [place for stop in stops if (place := held.find(stop)) >= 0]
        if found:
            if text := held[: min(found)]:
                yield text
            return
        safe = len(held) - possible_beginning(held, stops)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held


def possible_beginning(text: str, stops: Sequence[str]) -> int:
    """How many characters at the end of `text` could be the beginning of a stop text.

    >>> possible_beginning("one\\nUs", ["\\nUser:"])
    3
    """
    longest = max((len(stop) - 1 for stop in stops), default=0)
    for size in range(min(longest, len(text)), 0, -1):
        if any(stop.startswith(text[-size:]) for stop in stops):
            return size
    return 0


def stream_text(
    tokenizer: Tokenizer, tokens: Iterable[int], stops: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the text of tokens piece by piece, up to the first of `stops`."""
    if any(not stop for stop in stops):
        raise ValueError("a stop text is empty: it would end every answer before it begins")
    return until_stop(whole_characters(tokenizer, tokens), stops)
