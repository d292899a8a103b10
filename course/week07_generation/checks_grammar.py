"""Week 7, tokens that fit a grammar: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import grammar
from minitorch.grammar import NOTHING, after_bytes, step

masking = Checks("grammar.token_mask")
LETTERS = [b"g", b"r", b"e", b"n", b"a", b"y", b" "]
PIECES = [b"gr", b"ee", b"een", b"ey", b"en", b"ay", b"een t", b"e", b"eon", b"nee", b"green tea"]


def _case(rng, started, grammar_of, tokens):
    order = rng.permutation(len(tokens))
    return {"texts": grammar_of, "started": started, "tokens": [tokens[i] for i in order]}


def words(rng):
    colors = ["green", "gray"]
    yield _case(rng, b"gr", colors, [b"een", b"e", b"red", b"eat"])
    for started in (b"", b"g", b"gr", b"gre", b"green"):
        yield _case(rng, started, colors, LETTERS + PIECES)


def numbers(rng):
    for started in (b"", b"1", b"12"):
        tokens = [b"7", b"42", b"405", b"4057", b"4 ", b" 4", b"x", b"-3"]
        yield _case(rng, started, 3, tokens)


def parts_of_characters(rng):
    accented = ["caf\u00e9", "caf\u00e8s"]
    tokens = [b"f", b"\xc3", b"\xc3\xa9", b"\xa9", b"f\xc3", b"\xc3\xa8s", b"\xc3\xaa", b"s"]
    for started in (b"ca", b"caf", b"caf\xc3"):
        yield _case(rng, started, accented, tokens)


def texts_of_all_lengths(rng):
    yield _case(rng, b"", ["no", "north", "northern"], [b"n", b"no", b"nor", b"north", b"or"])
    yield _case(rng, b"no", ["no", "north", "northern"], [b"r", b"rth", b"t", b"rthern", b"rths"])


def described(texts, started, tokens):
    wanted = "a number of one to three digits" if texts == 3 else " or ".join(map(repr, texts))
    return f"the grammar {wanted}, after the bytes {started!r}, and the tokens {tokens}"


def _masked(texts, started, tokens):
    whole = grammar.digits(1, texts) if isinstance(texts, int) else grammar.one_of(*texts)
    mask = grammar.token_mask(after_bytes(whole, started), tokens)
    if not isinstance(mask, np.ndarray):
        raise Complaint("An array is expected, with True or False for each token: (tokens,).")
    return mask


masking.check("words", cases=words, describe=described)(_masked)
masking.check("numbers", cases=numbers, describe=described)(_masked)
masking.check("parts of a character", cases=parts_of_characters, describe=described)(_masked)
masking.check("texts that begin alike", cases=texts_of_all_lengths, describe=described)(_masked)

masking.slip(
    "looks_at_the_first_byte",
    "You look at the first byte of each token only: the others have to fit too.",
    ("(grammar, token) is not", "(grammar, token[:1]) is not"),
)
masking.slip(
    "looks_at_the_last_byte",
    "You look at the last byte of each token only: those before it come first.",
    ("(grammar, token) is not", "(grammar, token[-1:]) is not"),
)
masking.slip(
    "says_the_opposite",
    "The mask is the wrong way round: True is for the tokens that may come.",
    ("token) is not NOTHING", "token) is NOTHING"),
)
masking.slip(
    "wants_the_end",
    "You let only those tokens through that complete a text. A token may also lead further into "
    "one.",
    ("after_bytes(grammar, token) is not NOTHING", "after_bytes(grammar, token).complete"),
)
masking.slip(
    "wants_more_to_come",
    "You refuse the tokens that complete a text. After them nothing needs to follow, but they "
    "themselves may come.",
    (
        "after_bytes(grammar, token) is not NOTHING",
        "after_bytes(grammar, token) is not NOTHING and not after_bytes(grammar, token).complete",
    ),
)
masking.slip(
    "tries_each_byte_alone",
    "You try each byte of a token in the place of the first. The second byte has to fit after the "
    "first, and so on.",
    (
        "after_bytes(grammar, token) is not NOTHING",
        "all(step(grammar, byte) is not NOTHING for byte in token)",
    ),
)
masking.slip(
    "reads_characters",
    "You turn the tokens into text and back. A token may be a part of a character, which is lost "
    "in that: work with the bytes.",
    (
        "(grammar, token) is not",
        "(grammar, token.decode(errors='replace').encode()) is not",
    ),
)
masking.slip(
    "gives_ids",
    "You return the ids of the tokens that may come. What is wanted is True or False for each "
    "token.",
    ("return np.array([", "return np.flatnonzero(["),
)
masking.slip(
    "gives_numbers",
    "You return the numbers 1 and 0. A mask is made of True and False: numbers would pick tokens "
    "0 and 1.",
    ("for token in tokens])", "for token in tokens], int)"),
)


@masking.wrong
def stops_at_a_complete_text(grammar, tokens):
    """A token that goes on after the text is complete is let through: all of its bytes must fit."""
    mask = []
    for token in tokens:
        state = grammar
        for byte in token:
            if state.complete:
                break
            state = step(state, byte)
        mask.append(state is not NOTHING)
    return np.array(mask)


@masking.wrong
def feeds_one_token_after_the_other(grammar, tokens):
    """Each token is tried after the one before it in the list. They are alternatives: each starts
    from the grammar that was given."""
    mask = []
    for token in tokens:
        grammar = after_bytes(grammar, token)
        mask.append(grammar is not NOTHING)
    return np.array(mask)


@masking.alternative
def byte_by_byte(grammar, tokens):
    mask = np.zeros(len(tokens), bool)
    for place, token in enumerate(tokens):
        state = grammar
        for byte in token:
            state = state.after(byte)
        mask[place] = state != NOTHING
    return mask
