"""Token files: documents as numbers, memory-mapped, in three binary files and a header.

tokens.bin holds two bytes for each token, learn.bin one byte that says whether a model should
learn to say it, starts.bin where each document begins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Array = np.ndarray

HEADER = "tokens.json"
FORMAT = "minitorch tokens 1"
IDS, LEARN, STARTS = "tokens.bin", "learn.bin", "starts.bin"
LARGEST = 1 << 16  # tokens in a vocabulary: an id takes two bytes


class DataError(ValueError):
    """Token files or a saved position that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Documents:
    """Documents as tokens: all of them behind each other, and where each one starts.

    `learn` says of each token whether a model should learn to say it. The arrays may lie in files
    that are read only where they are looked at.
    """

    ids: Array  # (tokens,) uint16
    learn: Array  # (tokens,) bool
    starts: Array  # (documents + 1,) int64
    vocabulary: int
    tokenizer: str = ""  # the fingerprint of the tokenizer that made the ids, if it is known

    def __len__(self) -> int:
        return len(self.starts) - 1

    def lengths(self) -> Array:
        """The number of tokens of each document."""
        return np.diff(self.starts)


def write_documents(
    folder: str | Path,
    documents: Iterable[tuple[Sequence[int], Sequence[bool]]],
    vocabulary: int,
    tokenizer: str = "",
) -> Documents:
    """Write documents, each as its ids and which of them to learn, and open the files.

    They are written one after the other, so they need not fit into memory. The header comes last:
    without it the folder counts as empty.
    """
    if not 0 < vocabulary <= LARGEST:
        raise DataError(f"a vocabulary has 1 to {LARGEST} tokens, not {vocabulary}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {name: folder / f".{name}.{os.getpid()}" for name in (IDS, LEARN, STARTS, HEADER)}
    try:
        starts = [0]
        with drafts[IDS].open("wb") as ids_file, drafts[LEARN].open("wb") as learn_file:
            for number, (ids, learn) in enumerate(documents):
                _check_document(number, ids, learn, vocabulary)
                ids_file.write(np.asarray(ids, "<u2").tobytes())
                learn_file.write(np.asarray(learn, bool).tobytes())
                starts.append(starts[-1] + len(ids))
        drafts[STARTS].write_bytes(np.asarray(starts, "<i8").tobytes())
        header = {
            "format": FORMAT,
            "tokens": starts[-1],
            "documents": len(starts) - 1,
            "vocabulary": vocabulary,
            "tokenizer": tokenizer,
        }
        drafts[HEADER].write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")
        (folder / HEADER).unlink(missing_ok=True)
        for name, draft in drafts.items():
            draft.replace(folder / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
    return read_documents(folder)


def read_documents(folder: str | Path) -> Documents:
    """Open the files that `write_documents` wrote, memory-mapped."""
    folder = Path(folder)
    try:
        header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        tokens, documents = int(header["tokens"]), int(header["documents"])
        vocabulary, tokenizer = int(header["vocabulary"]), str(header["tokenizer"])
        if header["format"] != FORMAT:
            raise DataError(
                f"{folder / HEADER} has the format {header['format']!r}, not {FORMAT!r}"
            )
    except FileNotFoundError:
        raise DataError(f"{folder} holds no tokens: {HEADER} is not there") from None
    except DataError:
        raise
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{folder / HEADER} is damaged; write the tokens again") from None
    starts = _mapped(folder / STARTS, "<i8", documents + 1)
    ids = _mapped(folder / IDS, "<u2", tokens)
    return Documents(ids, _mapped(folder / LEARN, "?", tokens), starts, vocabulary, tokenizer)


def in_memory(
    documents: Iterable[tuple[Sequence[int], Sequence[bool]]], vocabulary: int
) -> Documents:
    """Hold documents in memory, where they are few enough."""
    kept = list(documents)
    for number, (ids, learn) in enumerate(kept):
        _check_document(number, ids, learn, vocabulary)
    starts = np.cumsum([0, *(len(ids) for ids, _ in kept)])
    all_ids = np.array([id for ids, _ in kept for id in ids], np.uint16)
    all_learn = np.array([flag for _, learn in kept for flag in learn], bool)
    return Documents(all_ids, all_learn, starts, vocabulary)


def _check_document(
    number: int, ids: Sequence[int], learn: Sequence[bool], vocabulary: int
) -> None:
    if len(ids) != len(learn) or not len(ids):
        raise DataError(
            f"document {number} has {len(ids)} tokens and {len(learn)} flags; it needs as many of "
            "each, and at least one"
        )
    if not 0 <= min(ids) <= max(ids) < vocabulary:
        raise DataError(
            f"document {number} has the token {min(ids) if min(ids) < 0 else max(ids)}, and the "
            f"vocabulary ends at {vocabulary - 1}"
        )


def _mapped(path: Path, dtype: str, count: int) -> Array:
    wanted = count * np.dtype(dtype).itemsize
    try:
        size = path.stat().st_size
    except OSError:
        raise DataError(f"{path} is not there; write the tokens again") from None
    if size != wanted:
        raise DataError(f"{path} has {size} bytes and should have {wanted}; write the tokens again")
    return np.memmap(path, dtype, mode="r", shape=(count,)) if count else np.empty(0, dtype)
