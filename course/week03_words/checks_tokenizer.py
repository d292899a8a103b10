"""Week 3, encoding and decoding: what an answer must do, and the mistakes it must catch.

A tokenizer is made of texts to learn from and a number of merges, or of no merges at all.
"""

from coursekit.checking import Checks, Complaint
from minitorch import bpe
from minitorch.tokenizer import Tokenizer, split_special

decode = Checks("tokenizer.Tokenizer.decode")
encode = Checks("tokenizer.Tokenizer.encode")

SPECIAL = ["<a>", "<b>", "<ab>"]
LEARN = ["the town hall and the mill", "a b", "the <a> hall", "call the miller", "Zoë Zoë"]


def trained(merges=20):
    learned = bpe.learn_merges_fast(bpe.count_words(LEARN * 2), merges)
    return Tokenizer(learned, SPECIAL)


# -- decode ------------------------------------------------------------------------------------


def plain_ids(rng):
    yield {"ids": [72, 105]}
    yield {"ids": [65]}
    yield {"ids": []}


def merged_ids(rng):
    yield {"ids": [256, 257, 32, 258]}
    for _ in range(3):
        yield {"ids": [int(i) for i in rng.integers(256, 276, 6)]}


def characters_of_several_bytes(rng):
    for text in ("ë", "Zoë", "Zoë 東京", "a👍b"):
        yield {"ids": list(text.encode())}


def broken_characters(rng):
    yield {"ids": [0xC3]}
    yield {"ids": [65, 0xE6, 0x9D, 66]}
    yield {"ids": [0xFF, 0xFE, 65]}
    yield {"ids": [int(i) for i in rng.integers(0, 256, 12)]}


def ids_with_special(rng):
    first = 256 + 20
    yield {"ids": [first]}
    yield {"ids": [first, 65, first + 1]}


def _decode(ids):
    text = trained().decode(ids)
    if text is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(text, str):
        raise Complaint(f"It returned a value of type `{type(text).__name__}`, not a text.")
    return text


decode.check("bytes that are letters", cases=plain_ids)(_decode)
decode.check("merged tokens", cases=merged_ids)(_decode)
decode.check("characters of several bytes", cases=characters_of_several_bytes)(_decode)
decode.check("bytes that are no UTF-8", cases=broken_characters)(_decode)
decode.check("special tokens", cases=ids_with_special)(_decode)


@decode.wrong
def decode_each_token(self, ids):
    """You turn each token's bytes into text by themselves. A character may be spread over two
    tokens, and neither half is text: join the bytes first, then decode all of them."""
    return "".join(self.bytes_of(id).decode("utf-8", errors="replace") for id in ids)


@decode.wrong
def decode_strictly(self, ids):
    """Bytes that are no UTF-8 raise an error. A model may say half a character at any time, and
    the program should not stop for it: use `errors="replace"`."""
    return b"".join(self.bytes_of(id) for id in ids).decode("utf-8")


@decode.wrong
def decode_ignoring(self, ids):
    """Bytes that are no UTF-8 vanish. They should show up as the sign U+FFFD, so that a reader
    sees that something is there."""
    return b"".join(self.bytes_of(id) for id in ids).decode("utf-8", errors="ignore")


@decode.wrong
def decode_as_latin(self, ids):
    """You take every byte for a character of its own. That is right for English letters, which are
    one byte each; an ë is two bytes: decode as UTF-8."""
    return b"".join(self.bytes_of(id) for id in ids).decode("latin-1")


@decode.wrong
def decode_with_spaces(self, ids):
    """You put a space between the tokens. The spaces of the text are in the tokens already."""
    return b" ".join(self.bytes_of(id) for id in ids).decode("utf-8", errors="replace")


@decode.wrong
def decode_without_special(self, ids):
    """Special tokens are left out. Their bytes are their names, and `bytes_of` gives them."""
    known = [id for id in ids if id < len(self.tokens)]
    return b"".join(self.bytes_of(id) for id in known).decode("utf-8", errors="replace")


@decode.alternative
def decode_with_a_byte_array(self, ids):
    data = bytearray()
    for id in ids:
        data += self.bytes_of(id)
    return str(data, "utf-8", "replace")


# -- encode ------------------------------------------------------------------------------------


def plain_texts(rng):
    yield {"text": "", "allowed": []}
    yield {"text": "the mill", "allowed": []}
    yield {"text": "  the\n\n hall 42, ", "allowed": []}
    yield {"text": "Zoë called 👍", "allowed": []}


def texts_over_words(rng):
    # Merges that would reach over the end of a word, had the words not been cut.
    yield {"text": "e t", "allowed": []}
    yield {"text": "the the", "allowed": []}
    yield {"text": "1234", "allowed": []}


def forged_texts(rng):
    yield {"text": "<a>", "allowed": []}
    yield {"text": "the <b> hall<ab>", "allowed": []}


def allowed_texts(rng):
    yield {"text": "<a>", "allowed": ["<a>"]}
    yield {"text": "<b>the<a>hall<a>", "allowed": SPECIAL}
    yield {"text": "<a><a> <ab>", "allowed": SPECIAL}


def partly_allowed_texts(rng):
    yield {"text": "<a>the<b>hall", "allowed": ["<b>"]}
    yield {"text": "mill<ab><a>", "allowed": ["<a>"]}


def _encode(text, allowed):
    tokenizer = trained()
    # Merges over the end of words, which a tokenizer learned without cutting would have.
    over = [(ord("e"), 32), (ord("1"), ord("2")), (ord(" "), ord(" "))]
    for pair in over:
        tokenizer.merges.setdefault(pair, 700 + len(tokenizer.merges))
    ids = tokenizer.encode(text, allowed) if allowed else tokenizer.encode(text)
    if ids is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(ids, list):
        raise Complaint(f"It returned a value of type `{type(ids).__name__}`, not a list.")
    if not all(isinstance(id, int) for id in ids):
        other = next(id for id in ids if not isinstance(id, int))
        kind = type(other).__name__
        raise Complaint(f"The list should hold ids, whole numbers; it holds a `{kind}`.")
    return ids


encode.check("text without special tokens", cases=plain_texts)(_encode)
encode.check("no merge reaches over the end of a word", cases=texts_over_words)(_encode)
encode.check("text that spells a special token", cases=forged_texts)(_encode)
encode.check("special tokens that are allowed", cases=allowed_texts)(_encode)
encode.check("only some are allowed", cases=partly_allowed_texts)(_encode)


@encode.wrong
def encode_without_cutting(self, text, allowed=()):
    """The text is not cut into words, so merges reach over their ends. The tokenizer was trained
    on words: call `bpe.split_words` first and encode each word by itself."""
    ids = []
    for piece in split_special(text, allowed):
        ids.extend([self.special[piece]] if piece in allowed else self.encode_word(piece))
    return ids


@encode.wrong
def encode_any_special(self, text, allowed=()):
    """Special tokens are recognized whether they are allowed or not. So whoever types `<|end|>`
    ends a turn and can go on as somebody else: look for those in `allowed` alone."""
    ids = []
    for piece in split_special(text, self.special):
        if piece in self.special:
            ids.append(self.special[piece])
        else:
            for word in bpe.split_words(piece):
                ids.extend(self.encode_word(word))
    return ids


@encode.wrong
def encode_all_or_none(self, text, allowed=()):
    """If some special tokens are allowed, you recognize all of them. Only those that `allowed`
    names count; the others are text."""
    ids = []
    for piece in split_special(text, self.special if allowed else ()):
        if allowed and piece in self.special:
            ids.append(self.special[piece])
        else:
            for word in bpe.split_words(piece):
                ids.extend(self.encode_word(word))
    return ids


@encode.wrong
def encode_cuts_at_all_names(self, text, allowed=()):
    """You cut the text at every special token's name, allowed or not. A name that is not allowed
    is text like any other, and the space in front of it belongs to it: cut at `allowed` alone."""
    ids = []
    for piece in split_special(text, self.special):
        if piece in allowed:
            ids.append(self.special[piece])
        else:
            for word in bpe.split_words(piece):
                ids.extend(self.encode_word(word))
    return ids


@encode.wrong
def encode_appends(self, text, allowed=()):
    """You append the ids of a word as one entry, so the list holds tuples. `ids.extend(...)` adds
    each of them by itself."""
    ids = []
    for piece in split_special(text, allowed):
        if piece in allowed:
            ids.append(self.special[piece])
        else:
            for word in bpe.split_words(piece):
                ids.append(self.encode_word(word))
    return ids


@encode.wrong
def encode_no_special(self, text, allowed=()):
    """Special tokens that are allowed are encoded as text. Cut the text at them first, with
    `split_special`, and give each its id in `self.special`."""
    ids = []
    for word in bpe.split_words(text):
        ids.extend(self.encode_word(word))
    return ids


@encode.wrong
def encode_splits_at_spaces(self, text, allowed=()):
    """You cut the text with `split()`, which throws the spaces away: they never come back when
    the ids are decoded. `bpe.split_words` keeps all of the text."""
    ids = []
    for piece in split_special(text, allowed):
        if piece in allowed:
            ids.append(self.special[piece])
        else:
            for word in piece.split():
                ids.extend(self.encode_word(word))
    return ids


@encode.wrong
def encode_as_bytes(self, text, allowed=()):
    """The ids are the bytes of the text: no merge is applied. `self.encode_word` applies them."""
    ids = []
    for piece in split_special(text, allowed):
        ids.extend([self.special[piece]] if piece in allowed else piece.encode())
    return ids


@encode.wrong
def encode_drops_special(self, text, allowed=()):
    """Special tokens that are allowed vanish. Each has an id: `self.special[piece]`."""
    ids = []
    for piece in split_special(text, allowed):
        if piece not in allowed:
            for word in bpe.split_words(piece):
                ids.extend(self.encode_word(word))
    return ids


@encode.alternative
def encode_by_lists(self, text, allowed=()):
    parts = [
        [[self.special[piece]]]
        if piece in allowed
        else [self.encode_word(word) for word in bpe.split_words(piece)]
        for piece in split_special(text, allowed)
    ]
    return [id for part in parts for ids in part for id in ids]
