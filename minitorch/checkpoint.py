"""A model as a folder that Hugging Face's libraries open, and their folders as models here.

    save_pretrained(model, "town-model", tokenizer)
    model = from_pretrained("town-model")
    tokenizer = load_tokenizer("town-model")

The folder holds config.json, model.safetensors, generation_config.json and the tokenizer's files.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from minitorch import folder_saves, model_files, tokenizer_files
from minitorch.config import Config
from minitorch.model_files import CONFIG, GENERATION, TABLE, WEIGHTS
from minitorch.nn import misfits
from minitorch.safetensors_files import WRITTEN, CheckpointError, Stored, write_tensors
from minitorch.tensor import Array
from minitorch.tokenizer import Tokenizer
from minitorch.transformer import CausalLM

IDS = ("bos_token_id", "eos_token_id", "pad_token_id")


def save_pretrained(
    model: CausalLM,
    folder: str | Path,
    tokenizer: Tokenizer | None = None,
    dtype: str | None = None,
) -> None:
    """Write a model, and its tokenizer, as a folder that AutoModelForCausalLM opens.

    `dtype` is "float32", "float16", "bfloat16" or "float64"; None keeps the model's own. Other
    files in the folder stay. A save that fails or is killed leaves the folder's model as it was.
    """
    folder = Path(folder)
    weights = {name: parameter.data for name, parameter in model.named_parameters()}
    if problems := misfits(dict(_unfilled(model.config).named_parameters()), weights):
        raise CheckpointError(
            f"this model is not the one that its config describes: {_first(problems)}"
        )
    dtype = dtype or weights[TABLE].dtype.name
    if dtype not in WRITTEN:
        raise CheckpointError(f"weights are written as {', '.join(WRITTEN)}, not as {dtype!r}")
    settings = _settings(model.config, tokenizer) | {"dtype": dtype}
    try:
        with folder_saves.replacing_files(folder) as draft:
            write_tensors(draft / WEIGHTS, weights, dtype)
            model_files.write_json(draft / CONFIG, settings)
            ids = {name: settings[name] for name in IDS if settings[name] is not None}
            model_files.write_json(draft / GENERATION, ids)
            if tokenizer is not None:
                tokenizer_files.save(tokenizer, draft)
    except OSError as error:
        raise CheckpointError(
            f"{folder} was not saved: {error.strerror}; what was there before is unchanged"
        ) from None
    model_files.remove_shards(folder)


def from_pretrained(folder: str | Path, dtype: Any = np.float32) -> CausalLM:
    """Open a folder with a LLaMA or a Mixtral, as `save_pretrained` or Transformers wrote it.

    The model computes in `dtype`, float32 or float64. Weights that are stored in it are not read
    into memory but mapped: they take memory as they are used, and once only for all processes
    that use the same file. They can be trained; a page of the file is copied when a number on it
    changes, and the file stays as it is. Weights in other dtypes are converted.
    """
    folder = Path(folder)
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise CheckpointError(f"models compute in float32 or float64, not in {np.dtype(dtype)}")
    if not folder.is_dir():
        kind = "a file" if folder.exists() else "not there"
        raise CheckpointError(f"{folder} is {kind}: from_pretrained opens a folder on this disk")
    config = model_files.read_config(folder)
    stored = model_files.read_weights(folder, config)
    _refuse_too_many(folder, config, stored)
    try:
        model = _unfilled(config)
    except ValueError:
        raise CheckpointError(
            f"{folder / CONFIG} asks for sizes that no computer can hold"
        ) from None
    parameters = dict(model.named_parameters())
    _refuse_strangers(folder, parameters, stored)
    for name, parameter in parameters.items():
        _refuse_shape(stored[name], parameter.shape)
        parameter.data = stored[name].floats(dtype)
    return model


def load_tokenizer(folder: str | Path) -> Tokenizer:
    """Read the tokenizer of a folder that `save_pretrained` or Transformers wrote."""
    return Tokenizer.load(folder_saves.newest(Path(folder), tokenizer_files.NAME))


# -- a model whose numbers are yet to come ------------------------------------------------------


class _Blank:
    """Stands in for random numbers where a file's will take their place: it needs no memory."""

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self.shape = shape

    def standard_normal(self, shape: tuple[int, ...]) -> _Blank:
        return _Blank(shape)

    def __mul__(self, std: float) -> _Blank:
        return self

    def astype(self, dtype: Any) -> Array:
        return np.broadcast_to(np.zeros((), dtype), self.shape)


def _unfilled(config: Config) -> CausalLM:
    """A model of the right shapes, without numbers."""
    blank: Any = _Blank()
    return CausalLM(config, rng=blank)


# -- what does not fit --------------------------------------------------------------------------


def _refuse_too_many(folder: Path, config: Config, stored: dict[str, Stored]) -> None:
    """Raise if the configuration asks for far more than is stored, before any of it is made."""
    path = model_files.weights_path(folder)
    if TABLE not in stored:
        raise CheckpointError(f"{path} holds no {TABLE}: it is not a model of this kind")
    _refuse_shape(stored[TABLE], (config.vocab_size, config.hidden_size))
    if config.num_hidden_layers * max(1, config.num_local_experts) > len(stored):
        experts = f" with {config.num_local_experts} experts each" if config.is_sparse else ""
        raise CheckpointError(
            f"{path} holds {len(stored)} tensors, too few for the {config.num_hidden_layers} "
            f"layers{experts} that {CONFIG} asks for"
        )


def _refuse_strangers(folder: Path, names: Collection[str], stored: dict[str, Stored]) -> None:
    """Raise if a weight is missing, or something is stored that is no weight of the model."""
    if missing := [name for name in names if name not in stored]:
        raise CheckpointError(f"{model_files.weights_path(folder)} lacks {_first(missing)}")
    if extra := [name for name in stored if name not in names]:
        raise CheckpointError(
            f"{stored[extra[0]].path} holds {_first(extra)}, for which the model of {CONFIG} has "
            "no place"
        )


def _refuse_shape(tensor: Stored, wanted: tuple[int, ...]) -> None:
    if tensor.values.shape != wanted:
        raise CheckpointError(
            f"{tensor.path}: {tensor.name} has shape {tensor.values.shape}, and {CONFIG} asks for "
            f"{wanted}"
        )


def _first(problems: list[str]) -> str:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return problems[0].strip() + more


# -- what is written ----------------------------------------------------------------------------


def _settings(config: Config, tokenizer: Tokenizer | None) -> dict[str, Any]:
    """The content of config.json; the ids of special tokens are the tokenizer's if not set."""
    settings = config.to_dict()
    if tokenizer is None:
        return settings
    if len(tokenizer) > config.vocab_size:
        raise CheckpointError(
            f"the tokenizer has {len(tokenizer)} tokens, and the model knows {config.vocab_size} "
            "(vocab_size): this is not the model's tokenizer"
        )
    roles = tokenizer_files.config_json(tokenizer)
    for name in IDS:
        role = roles.get(name.removesuffix("_id"))
        if settings[name] is None and role is not None:
            settings[name] = tokenizer.special[role]
    return settings
