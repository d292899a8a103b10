"""Tokenizers as files: the tokenizer.json of Hugging Face's libraries, written and read.

That format spells a token's bytes with printable characters, one for each byte, as GPT-2 did.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from minitorch import bpe
from minitorch.chat_template import TEMPLATE
from minitorch.tokenizer import Tokenizer, TokenizerError

NAME = "tokenizer.json"
CONFIG = "tokenizer_config.json"
LONGEST = 1_000_000  # tokens; no model of the course has so many, a text may


def byte_signs() -> list[str]:
    """Return the character that stands for each byte.

    Printable characters of Latin-1 stand for themselves, the other bytes for characters from
    U+0100 on: the space for U+0120.
    """
    printable = {*range(ord("!"), 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(b) if b in printable else chr(0x100 + others.index(b)) for b in range(256)]


def spelled(token: bytes) -> str:
    """Return a token's bytes as printable characters."""
    signs = byte_signs()
    return "".join(signs[byte] for byte in token)


def to_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """Return the content of tokenizer.json."""
    signs = byte_signs()
    names = ["".join(signs[byte] for byte in token) for token in tokenizer.tokens]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    split = {
        "type": "Split",
        "pattern": {"Regex": bpe.PATTERN},
        "behavior": "Isolated",
        "invert": False,
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(id, name) for name, id in tokenizer.special.items()],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [split, {**byte_level, "use_regex": False}],
        },
        "post_processor": None,
        "decoder": {**byte_level, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {name: id for id, name in enumerate(names)} | tokenizer.special,
            "merges": [[names[left], names[right]] for left, right in tokenizer.merges],
        },
    }


def config_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """Return the content of tokenizer_config.json."""
    roles = {
        key: name
        for key, name in (
            ("bos_token", "<|begin|>"),
            ("eos_token", "<|end|>"),
            ("pad_token", "<|pad|>"),
        )
        if name in tokenizer.special
    }
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_max_length": LONGEST,
        **roles,
        "chat_template": TEMPLATE,
    }


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write both files; each appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((NAME, to_json(tokenizer)), (CONFIG, config_json(tokenizer))):
        draft = folder / f".{name}.{os.getpid()}"
        try:
            text = json.dumps(content, ensure_ascii=False, indent=1)
            draft.write_text(text + "\n", encoding="utf-8", newline="\n")
            draft.replace(folder / name)
        finally:
            draft.unlink(missing_ok=True)


def load(folder: Path) -> Tokenizer:
    """Read a tokenizer; whatever is wrong with the file is one sentence."""
    path = folder if folder.name.endswith(".json") else folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TokenizerError(f"{path} is not there; Tokenizer.save writes it") from None
    except OSError as error:
        raise TokenizerError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise TokenizerError(f"{path} is damaged: it is no JSON") from None
    try:
        return from_json(content)
    except TokenizerError as error:
        raise TokenizerError(f"{path} cannot be used: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise TokenizerError(f"{path} is damaged: {_missing(error)}") from None


def from_json(content: dict[str, Any]) -> Tokenizer:
    """Make the tokenizer that the content of a tokenizer.json describes."""
    model = content["model"]
    if model["type"] != "BPE":
        raise TokenizerError(f"its model is {model['type']}, and only BPE is read here")
    _same_cuts(content)
    vocab: dict[str, int] = model["vocab"]
    ids = {name: id for id, name in enumerate(byte_signs())}
    if any(vocab.get(name) != id for name, id in ids.items()):
        raise TokenizerError("its ids 0 to 255 are not the bytes in their order")
    merges: list[bpe.Pair] = []
    for merge in model["merges"]:
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        if left not in ids or right not in ids:
            raise TokenizerError(
                f"merge {len(merges)} joins {left!r} and {right!r}, not both known"
            )
        if vocab.get(left + right) != 256 + len(merges):
            raise TokenizerError(f"{left + right!r} should have the id {256 + len(merges)}")
        merges.append((ids[left], ids[right]))
        ids[left + right] = vocab[left + right]
    added = sorted(content["added_tokens"], key=lambda token: token["id"])
    special = [token["content"] for token in added]
    if [token["id"] for token in added] != list(range(len(ids), len(ids) + len(added))):
        raise TokenizerError("its special tokens should have the ids that follow the merges")
    if len(vocab.keys() | set(special)) != len(ids) + len(added):
        raise TokenizerError("it has tokens that are no byte, no merge and not special")
    return Tokenizer(merges, special)


def _same_cuts(content: dict[str, Any]) -> None:
    """Raise unless text is cut into words as it is here."""
    if content.get("normalizer"):
        raise TokenizerError("it changes the text before it is cut (a normalizer)")
    steps = (content.get("pre_tokenizer") or {}).get("pretokenizers") or []
    patterns = [step["pattern"].get("Regex") for step in steps if step["type"] == "Split"]
    byte_level = [step for step in steps if step["type"] == "ByteLevel"]
    if patterns != [bpe.PATTERN] or len(steps) != 2 or len(byte_level) != 1:
        raise TokenizerError("it cuts text into words by another rule than this course's")
    if byte_level[0].get("use_regex") or byte_level[0].get("add_prefix_space"):
        raise TokenizerError("its ByteLevel step cuts or adds spaces, which is not supported")
    if content["model"].get("ignore_merges") or content["model"].get("dropout"):
        raise TokenizerError("its model ignores or drops merges, which is not supported")


def _added(id: int, name: str) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": id, "content": name, **flags, "special": True}


def _missing(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no entry {error.args[0]!r}"
    return "an entry is not of the kind that it should be"
