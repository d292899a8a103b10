"""A tokenizer: text to the numbers of its tokens, and back.

    tokenizer = Tokenizer.train(texts, size=1024)
    ids = tokenizer.encode("Ada Birch keeps an owl.")
    tokenizer.decode(ids)

`python -m minitorch.tokenizer "some text"` shows how a text is cut.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from minitorch import bpe
from minitorch.bpe import Pair, Word

# What text cannot say: where a document begins and ends, who speaks, and a filler.
SPECIAL = ("<|begin|>", "<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>")

REMEMBERED_WORDS = 1 << 16


class TokenizerError(ValueError):
    """A text, an id or a file that a tokenizer cannot take; the message is one sentence."""


def split_special(text: str, special: Collection[str]) -> list[str]:
    """Cut text at the special tokens in it: into special tokens and the text between them.

    Nothing is lost: the pieces joined are the text. No piece is empty, so an empty text has no
    pieces. Where one special token begins with another, the longest one that fits counts. With
    "<|end|>" special, "a<|end|>b" gives "a", "<|end|>" and "b".
    """
    if not special:
        return [text] if text else []
    longest_first = sorted(special, key=len, reverse=True)
    pattern = "|".join(re.escape(token) for token in longest_first)
    return [piece for piece in re.split(f"({pattern})", text) if piece]


class Tokenizer:
    """Byte-level byte-pair encoding with special tokens.

    The ids 0 to 255 are the bytes, then come the merges in the order in which they were learned,
    then the special tokens. `merges` gives the token that a pair becomes, `special` the id of
    each special token.
    """

    def __init__(self, merges: Sequence[Pair], special: Sequence[str] = SPECIAL) -> None:
        self.tokens: list[bytes] = [bytes([byte]) for byte in range(256)]
        self.merges: dict[Pair, int] = {}
        for left, right in merges:
            if not (0 <= left < len(self.tokens) and 0 <= right < len(self.tokens)):
                raise TokenizerError(f"the merge ({left}, {right}) joins tokens that come later")
            self.merges[left, right] = len(self.tokens)
            self.tokens.append(self.tokens[left] + self.tokens[right])
        if len(set(self.tokens)) < len(self.tokens):
            raise TokenizerError("two merges make the same token; each must make a new one")
        if "" in special or len(set(special)) < len(special):
            raise TokenizerError("special tokens must differ from each other and not be empty")
        self.names = list(special)
        self.special = {name: len(self.tokens) + i for i, name in enumerate(special)}
        self._remembered: dict[str, Word] = {}

    @classmethod
    def train(
        cls, texts: Iterable[str], size: int = 1024, special: Sequence[str] = SPECIAL
    ) -> Tokenizer:
        """Learn a tokenizer of `size` tokens, bytes and special tokens included.

        It is smaller if the texts have no pair of neighbors left that occurs twice.
        """
        count = size - 256 - len(special)
        if count < 0:
            raise TokenizerError(
                f"a tokenizer of {size} tokens has no room for 256 bytes and "
                f"{len(special)} special tokens"
            )
        return cls(bpe.learn_merges_fast(bpe.count_words(texts), count), special)

    def __len__(self) -> int:
        return len(self.tokens) + len(self.special)

    def __repr__(self) -> str:
        return f"Tokenizer({len(self.merges)} merges, {len(self.special)} special tokens)"

    # -- text to ids ------------------------------------------------------------------------

    def encode(self, text: str, allowed: Collection[str] = ()) -> list[int]:
        """Return the ids of a text's tokens.

        The text is cut into words by `bpe.split_words`, and `encode_word` knows the ids of each.
        The special tokens named in `allowed` are recognized: each becomes its id in
        `self.special`, and the text between them is encoded by itself. All others are text like
        any other, so that nobody can write one by typing its name.
        """
        ids: list[int] = []
        for piece in split_special(text, allowed):
            if piece in allowed:
                ids.append(self.special[piece])
            else:
                for word in bpe.split_words(piece):
                    ids.extend(self.encode_word(word))
        return ids

    def encode_bytes(self, data: bytes) -> list[int]:
        """Return the ids of any bytes, valid UTF-8 or not; `decode_bytes` gives them back."""
        return self.encode(data.decode("utf-8", "surrogateescape"))

    def encode_word(self, word: str) -> Word:
        """Return the ids of one word, and remember them for the next time."""
        known = self._remembered.get(word)
        if known is not None:
            return known
        try:
            data = tuple(word.encode("utf-8", "surrogateescape"))
        except UnicodeEncodeError as error:
            raise TokenizerError(
                f"{word!r} holds half of a surrogate pair (place {error.start}), which is no "
                "character"
            ) from None
        merge = bpe.apply_merges if len(data) <= bpe.LONG else bpe.apply_merges_fast
        ids = merge(data, self.merges)
        if len(data) <= bpe.LONG:
            if len(self._remembered) >= REMEMBERED_WORDS:
                self._remembered.clear()
            self._remembered[word] = ids
        return ids

    # -- ids to text ------------------------------------------------------------------------

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text that some ids stand for.

        `self.bytes_of(id)` is the bytes of one token. A character may be spread over several
        tokens. Bytes that are no UTF-8, such as a part of a character, become the sign U+FFFD.
        """
        return b"".join(self.bytes_of(id) for id in ids).decode("utf-8", errors="replace")

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """Return the bytes that some ids stand for."""
        return b"".join(self.bytes_of(id) for id in ids)

    def bytes_of(self, id: int) -> bytes:
        """Return the bytes of one token; those of a special token are its name."""
        if not 0 <= id < len(self):
            raise TokenizerError(f"there is no token {id}: the ids go from 0 to {len(self) - 1}")
        if id < len(self.tokens):
            return self.tokens[id]
        return self.name_of(id).encode()

    def name_of(self, id: int) -> str:
        """Return the name of a special token, or "" for any other."""
        return self.names[id - len(self.tokens)] if len(self.tokens) <= id < len(self) else ""

    # -- files ------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> None:
        """Write tokenizer.json and tokenizer_config.json, as Hugging Face's libraries read them."""
        from minitorch import tokenizer_files

        tokenizer_files.save(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> Tokenizer:
        """Read a tokenizer from the folder that `save` wrote."""
        from minitorch import tokenizer_files

        return tokenizer_files.load(Path(folder))

    def fingerprint(self) -> str:
        """Return the SHA-256 of everything that decides about ids."""
        content = repr((list(self.merges), list(self.special), bpe.PATTERN))
        return hashlib.sha256(content.encode()).hexdigest()


if __name__ == "__main__":
    import sys

    from minitorch import tokenizer_probe

    sys.exit(tokenizer_probe.main())
