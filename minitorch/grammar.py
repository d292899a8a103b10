"""Grammars: what a text may look like, byte by byte, and which tokens may come next in it.

    yes_or_no = one_of("yes", "no")
    sum = sequence(digits(1, 3), one_of(" + ", " - "), digits(1, 3))
    generate(model, ids, constraint=Constraint(yes_or_no, tokenizer))

A grammar is also a state: after a byte, what may follow is a grammar again (its derivative, after
Brzozowski, 1964). The grammar `NOTHING` has no text at all: a byte that leads there was wrong.
From every other one a complete text can be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from minitorch.tensor import Array
from minitorch.tokenizer import Tokenizer


class Grammar:
    """A set of texts. `after(byte)` is what may follow a byte, `complete` whether nothing need."""

    @property
    def complete(self) -> bool:
        return False

    def after(self, byte: int) -> Grammar:
        """The rests of all texts that begin with a byte."""
        return NOTHING


class _Nothing(Grammar):
    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = _Nothing()


@dataclass(frozen=True)
class _Text(Grammar):
    """One text."""

    data: bytes

    @property
    def complete(self) -> bool:
        return not self.data

    def after(self, byte: int) -> Grammar:
        return _Text(self.data[1:]) if self.data[:1] == bytes([byte]) else NOTHING


EMPTY = _Text(b"")


@dataclass(frozen=True)
class _Bytes(Grammar):
    """One byte out of several."""

    members: frozenset[int]

    def after(self, byte: int) -> Grammar:
        return EMPTY if byte in self.members else NOTHING


@dataclass(frozen=True)
class _Sequence(Grammar):
    """One text after the other."""

    first: Grammar
    rest: Grammar

    @property
    def complete(self) -> bool:
        return self.first.complete and self.rest.complete

    def after(self, byte: int) -> Grammar:
        within = _joined(step(self.first, byte), self.rest)
        return _either(within, step(self.rest, byte)) if self.first.complete else within


@dataclass(frozen=True)
class _Choice(Grammar):
    """Any of several."""

    options: frozenset[Grammar]

    @property
    def complete(self) -> bool:
        return any(option.complete for option in self.options)

    def after(self, byte: int) -> Grammar:
        return _either(*(step(option, byte) for option in self.options))


@dataclass(frozen=True)
class _Repeat(Grammar):
    """One of a kind several times: `least` to `most`, or without an end."""

    part: Grammar
    least: int
    most: int | None

    @property
    def complete(self) -> bool:
        return self.least == 0 or self.part.complete

    def after(self, byte: int) -> Grammar:
        most = None if self.most is None else self.most - 1
        return _joined(step(self.part, byte), repeat(self.part, max(0, self.least - 1), most))


@lru_cache(maxsize=1 << 16)
def step(grammar: Grammar, byte: int) -> Grammar:
    """`grammar.after(byte)`, remembered."""
    return grammar.after(byte)


def _joined(first: Grammar, rest: Grammar) -> Grammar:
    if NOTHING in (first, rest):
        return NOTHING
    if first == EMPTY:
        return rest
    return first if rest == EMPTY else _Sequence(first, rest)


def _either(*options: Grammar) -> Grammar:
    found: set[Grammar] = set()
    for option in options:
        found |= option.options if isinstance(option, _Choice) else {option}
    found.discard(NOTHING)
    if not found:
        return NOTHING
    return found.pop() if len(found) == 1 else _Choice(frozenset(found))


# -- what grammars are made of --------------------------------------------------------------------


def text(content: str) -> Grammar:
    """Exactly this text. Wherever a grammar is wanted, a string means this."""
    return _Text(content.encode())


def characters(members: str) -> Grammar:
    """One character out of several: `characters("+-*")`."""
    return one_of(*members) if not members.isascii() else _Bytes(frozenset(members.encode()))


def sequence(*parts: Grammar | str) -> Grammar:
    """One part after the other."""
    whole: Grammar = EMPTY
    for part in reversed(parts):
        whole = _joined(_grammar(part), whole)
    return whole


def one_of(*options: Grammar | str) -> Grammar:
    """Any one of some texts or grammars."""
    return _either(*(_grammar(option) for option in options))


def repeat(part: Grammar | str, least: int = 0, most: int | None = None) -> Grammar:
    """A part `least` to `most` times in a row; without `most`, any number of times."""
    if least < 0 or (most is not None and most < least):
        raise ValueError(f"repeat takes 0 <= least <= most, not {least} and {most}")
    one = _grammar(part)
    if most == 0 or (one is NOTHING and least == 0):
        return EMPTY
    return NOTHING if one is NOTHING else _Repeat(one, least, most)


def digits(least: int = 1, most: int | None = None) -> Grammar:
    """A row of `least` to `most` digits."""
    return repeat(characters("0123456789"), least, most)


def json_string(most: int | None = None) -> Grammar:
    """A text in quotation marks, of at most so many plain characters: nothing to escape."""
    plain = "".join(chr(code) for code in range(32, 127) if chr(code) not in '"\\')
    return sequence('"', repeat(characters(plain), 0, most), '"')


def json_object(**fields: Grammar | str) -> Grammar:
    """A JSON object with these fields in this order, as `json.dumps` spaces it."""
    parts: list[Grammar | str] = []
    for name, value in fields.items():
        parts += [", " if parts else "", f'"{name}": ', value]
    return sequence("{", *parts, "}")


def calculator_call() -> Grammar:
    """The line with which the clerk of Larkmoor calls the calculator: `larkmoor.sums`."""
    expression = sequence('"', digits(1, 9), " ", characters("+-*"), " ", digits(1, 9), '"')
    return json_object(tool='"calculator"', expression=expression)


def _grammar(part: Grammar | str) -> Grammar:
    return text(part) if isinstance(part, str) else part


# -- from bytes to tokens -------------------------------------------------------------------------


def after_bytes(grammar: Grammar, data: bytes) -> Grammar:
    """What may follow some bytes: NOTHING if no text begins with them."""
    for byte in data:
        grammar = step(grammar, byte)
        if grammar is NOTHING:
            break
    return grammar


def matches(grammar: Grammar | str, content: str) -> bool:
    """Whether a whole text is one of a grammar's."""
    return after_bytes(_grammar(grammar), content.encode()).complete


def token_mask(grammar: Grammar, tokens: Sequence[bytes]) -> Array:
    """Say which tokens may come next: (tokens,) of bool.

    `tokens` are the bytes of each token. One may come if some text of the grammar begins with all
    of its bytes: if `after_bytes(grammar, token)` is not `NOTHING`.
    """
    return np.array([after_bytes(grammar, token) is not NOTHING for token in tokens])


class Constraint:
    """Lets a model write texts of a grammar alone, and end only where a text is complete.

    `size` is the number of the model's tokens, if it has more than the tokenizer.
    """

    def __init__(
        self, grammar: Grammar | str, tokenizer: Tokenizer, size: int | None = None
    ) -> None:
        self.grammar = _grammar(grammar)
        if self.grammar is NOTHING:
            raise ValueError("this grammar has no text at all, so nothing could be written")
        self.tokenizer = tokenizer
        self.size = size or len(tokenizer)
        self.end = tokenizer.special["<|end|>"]
        self._masks: dict[Any, Array] = {}

    def start(self) -> Grammar:
        return self.grammar

    def allowed(self, state: Grammar) -> Array:
        """The mask of the tokens that may come in a state, (size,); remembered."""
        if state not in self._masks:
            mask = np.zeros(self.size, bool)
            mask[: len(self.tokenizer.tokens)] = token_mask(state, self.tokenizer.tokens)
            mask[self.end] = state.complete
            self._masks[state] = mask
        return self._masks[state]

    def after(self, state: Grammar, token: int) -> Grammar:
        return after_bytes(state, self.tokenizer.bytes_of(token))
