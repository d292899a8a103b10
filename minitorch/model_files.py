"""The files of a model's folder: its configuration, and its weights in one file or several."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from minitorch import folder_saves
from minitorch.config import Config, ConfigError
from minitorch.safetensors_files import CheckpointError, Stored, read_tensors

CONFIG = "config.json"
GENERATION = "generation_config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"  # of weights that are spread over several files

HEAD, TABLE = "lm_head.weight", "model.embed_tokens.weight"  # the two that may be one
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")


def read_config(folder: Path) -> Config:
    """Read config.json."""
    path = folder_saves.newest(folder, CONFIG)
    settings = read_json(path)
    try:
        return Config.from_dict(settings)
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except TypeError:
        raise CheckpointError(
            f"{path} is damaged: an entry is not of the kind that it should be"
        ) from None


def read_weights(folder: Path, config: Config) -> dict[str, Stored]:
    """Open the file of weights, or all that the index names, and return the tensors by name.

    What the model does not need is left out: a second copy of a tied table, and the angles'
    speeds of older files, which follow from the configuration.
    """
    path = weights_path(folder)
    found = read_tensors(path) if path.name == WEIGHTS else _read_shards(path)
    stored = {n: tensor for n, tensor in found.items() if not n.endswith(".rotary_emb.inv_freq")}
    if config.tie_word_embeddings and HEAD in stored and TABLE in stored:
        head = stored.pop(HEAD)
        if not np.array_equal(head.values, stored[TABLE].values):
            raise CheckpointError(
                f"{head.path}: {HEAD} differs from {TABLE}, and {CONFIG} says that they are one "
                "(tie_word_embeddings)"
            )
    return stored


def weights_path(folder: Path) -> Path:
    """Return the file of weights, or the index of several; or say what is there instead."""
    for name in (WEIGHTS, INDEX):
        path = folder_saves.newest(folder, name)
        if path.exists():
            return path
    for path in sorted(folder.iterdir()):
        if path.suffix in PICKLES:
            raise CheckpointError(
                f"{path} is a pickle, which can run any code when it is read, so it is not read "
                "here: convert it where that does no harm, with Transformers' "
                "AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder)"
            )
    raise CheckpointError(f"{folder} holds no weights: neither {WEIGHTS} nor {INDEX} is there")


def _read_shards(index: Path) -> dict[str, Stored]:
    """Open all files that an index names."""
    places = read_json(index).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise CheckpointError(f"{index} is damaged: it has no weight_map")
    if odd := [name for name in places.values() if not _is_shard(name)]:
        raise CheckpointError(f"{index}: {odd[0]!r} is not the name of a file of weights beside it")
    shards = {name: read_tensors(index.parent / name) for name in sorted(set(places.values()))}
    for tensor, name in places.items():
        if tensor not in shards[name]:
            raise CheckpointError(
                f"{index.parent / name} lacks {tensor}, which it should hold by {INDEX}"
            )
    return {tensor: shards[name][tensor] for tensor, name in places.items()}


def _is_shard(name: Any) -> bool:
    """Whether an index may name this file: one beside it, never one elsewhere."""
    return isinstance(name, str) and Path(name).name == name and name.endswith(".safetensors")


def remove_shards(folder: Path) -> None:
    """Remove the weights of an older save that was spread over several files."""
    index = folder / INDEX
    if not index.exists():
        return
    try:
        places = dict(read_json(index).get("weight_map", {})).values()
    except (CheckpointError, TypeError, ValueError):
        places = {}.values()  # a damaged index names no files
    names = {name for name in places if _is_shard(name)} - {WEIGHTS}
    with suppress(OSError):  # what cannot be removed does no harm: the one file counts first
        for name in sorted(names):
            (folder / name).unlink(missing_ok=True)
        index.unlink()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write settings as people can read them."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read settings; all numbers in them are finite."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CheckpointError(f"{path} is not there: this is no folder of a model") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CheckpointError(f"{path} is damaged: it is no text") from None
    try:
        content = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except _OddNumberError as error:
        raise CheckpointError(f"{path}: {error} is no number that a model can have") from None
    except (ValueError, RecursionError):
        raise CheckpointError(f"{path} is damaged: it is no JSON") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is damaged: it holds no settings")
    return content


class _OddNumberError(ValueError):
    pass


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _OddNumberError(text)
    return value
