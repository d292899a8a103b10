"""Files of weights in the safetensors format: a header that says where each tensor lies, then all
their numbers.

The first 8 bytes are the length of the header, which is JSON. A file holds nothing that could be
run. Hugging Face's own library reads the same files, but it copies every tensor and cannot give
bfloat16 to NumPy; here the numbers stay in the file until they are looked at.
"""

from __future__ import annotations

import json
import math
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from minitorch.tensor import Array

LONGEST_HEADER = 100_000_000  # bytes, as in Hugging Face's library

# The format's names. NumPy has no bfloat16: its bits are held as whole numbers.
FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
OTHERS = {"I64": "<i8", "U64": "<u8", "I32": "<i4", "U32": "<u4", "I16": "<i2", "U16": "<u2"}
BYTES = {"I8": "|i1", "U8": "|u1", "BOOL": "|b1"}
DTYPES = {name: np.dtype(kind) for name, kind in (FLOATS | OTHERS | BYTES).items()}

WRITTEN = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16"}

# How files of other kinds begin.
FOREIGN = {
    b"PK\x03\x04": "a zip file, as torch.save writes them: it may hold a pickle",
    b"\x80": "a Python pickle",
    b"<": "a web page or XML",
    b"GGUF": "a GGUF file",
    b"version https://git-lfs": "a Git LFS pointer: the file itself was never fetched",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip archive",
}


class CheckpointError(ValueError):
    """Files of a model that cannot be read or written; the message is one sentence."""


@dataclass(frozen=True)
class Stored:
    """A tensor in a file. Its numbers are read when they are looked at.

    `values` is a private view of the file: it can be changed, and the file stays as it is.
    """

    path: Path
    name: str
    dtype: str  # the format's name: "F32", "BF16"
    values: Array  # the bits of a bfloat16 as uint16

    def floats(self, dtype: Any = np.float32) -> Array:
        """The numbers in a dtype: the view itself where it has that dtype, else a copy."""
        if self.dtype not in FLOATS:
            raise CheckpointError(
                f"{self.path}: {self.name} is {self.dtype}, and weights are one of "
                + ", ".join(FLOATS)
            )
        values = from_bfloat16(self.values) if self.dtype == "BF16" else self.values
        return np.require(values, dtype, "A")  # "A": NumPy is slow where numbers begin mid-word


# -- reading ------------------------------------------------------------------------------------


def read_tensors(path: Path) -> dict[str, Stored]:
    """Open a file and return its tensors by name, in the order in which they lie in it.

    Only the header is read, and checked; the numbers are memory-mapped. While the tensors are in
    use the file may be deleted or replaced by another, but not be cut or written into.
    """
    try:
        with path.open("rb") as file:
            header, start = _header(path, file)
            size = file.seek(0, 2)
            entries = _entries(path, header, size - start)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    tensors = {}
    for name, (dtype, shape, offset) in entries.items():
        values = np.frombuffer(mapped, DTYPES[dtype], math.prod(shape), start + offset)
        try:
            tensors[name] = Stored(path, name, dtype, values.reshape(shape))
        except ValueError:
            raise CheckpointError(
                f"{path}: {name} has shape {shape}, which no array can have"
            ) from None
    return tensors


def _header(path: Path, file: BinaryIO) -> tuple[dict[str, Any], int]:
    """Read the header, and say where the numbers begin."""
    first = file.read(32)
    size = file.seek(0, 2)
    for beginning, kind in FOREIGN.items():
        # A safetensors file may begin with any byte, but a "{" always follows the length.
        if first.startswith(beginning) and first[8:9] != b"{":
            raise CheckpointError(f"{path} is no safetensors file but {kind}")
    if size < 10:
        kind = "is empty" if not size else f"has only {size} bytes"
        raise CheckpointError(f"{path} {kind}: it is no safetensors file, or was cut short")
    length = int.from_bytes(first[:8], "little")
    if length > min(size - 8, LONGEST_HEADER):
        raise CheckpointError(
            f"{path} has {size:,} bytes and says that its header has {length:,}: it is no "
            "safetensors file, or was cut short"
        )
    file.seek(8)
    return _parsed(path, file.read(length)), 8 + length


def _parsed(path: Path, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, _TwinError) else "is no JSON"
        raise CheckpointError(f"{path} is damaged: its header {what}") from None
    if not isinstance(header, dict):
        raise CheckpointError(f"{path} is damaged: its header is no list of tensors")
    return header


class _TwinError(ValueError):
    pass


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise _TwinError(f"names {twin!r} twice")
    return found


Entry = tuple[str, tuple[int, ...], int]  # dtype, shape, where the numbers begin


def _entries(path: Path, header: dict[str, Any], size: int) -> dict[str, Entry]:
    """Check that the tensors of a header fill `size` bytes: no gap, and no byte in two of them."""
    notes = header.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        raise CheckpointError(f"{path} is damaged: its __metadata__ is not made of texts")
    spans = {name: _span(path, name, entry) for name, entry in header.items()}
    expected = 0
    for name in sorted(spans, key=lambda name: spans[name]):
        start, stop = spans[name]
        if start != expected:
            kind = "overlaps another tensor" if start < expected else "leaves a gap before it"
            raise CheckpointError(f"{path} is damaged: {name} {kind}")
        expected = stop
    if expected != size:
        change = "was cut short" if size < expected else "is damaged"
        raise CheckpointError(
            f"{path} {change}: its tensors take {expected:,} bytes, and it has {size:,} for them"
        )
    in_order = sorted(header, key=lambda name: spans[name])
    return {
        name: (header[name]["dtype"], tuple(header[name]["shape"]), spans[name][0])
        for name in in_order
    }


def _span(path: Path, name: str, entry: Any) -> tuple[int, int]:
    """Return the first byte of a tensor and the one behind its last, if they fit its shape."""
    where = f"{path} is damaged: {name}"
    try:
        dtype, shape, (start, stop) = entry["dtype"], entry["shape"], entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        raise CheckpointError(f"{where} lacks its dtype, shape or data_offsets") from None
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise CheckpointError(
            f"{path}: {name} has the dtype {dtype!r}, and those that can be read are "
            + ", ".join(DTYPES)
        )
    if not isinstance(shape, list) or not all(map(_is_count, [*shape, start, stop])):
        raise CheckpointError(
            f"{where} has the shape {shape!r} and the bytes {start!r} to {stop!r}"
        )
    wanted = math.prod(shape) * DTYPES[dtype].itemsize
    if stop - start != wanted:
        raise CheckpointError(
            f"{where} has {stop - start:,} bytes, and its shape {tuple(shape)} in {dtype} needs "
            f"{wanted:,}"
        )
    return start, stop


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


# -- writing ------------------------------------------------------------------------------------


def write_tensors(path: Path, tensors: Mapping[str, Array], dtype: str = "float32") -> None:
    """Write tensors as "float64", "float32", "float16" or "bfloat16" numbers.

    A number that is too large for the dtype raises a CheckpointError that names its tensor.
    """
    kind = WRITTEN[dtype]
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name in sorted(tensors):
        shape = list(tensors[name].shape)
        stop = place + math.prod(shape) * DTYPES[kind].itemsize
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [place, stop]}
        place = stop
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # so that the numbers begin at a multiple of 8
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in sorted(tensors):
            file.write(_encoded(name, tensors[name], dtype).tobytes())


def _encoded(name: str, array: Array, dtype: str) -> Array:
    """Convert one tensor to the numbers, or the bits, that are written."""
    with np.errstate(over="ignore"):
        if dtype == "bfloat16":
            bits = to_bfloat16(array)
            kept = from_bfloat16(bits)
        else:
            bits = kept = array.astype(FLOATS[WRITTEN[dtype]], copy=False)
    lost = np.isfinite(array) & ~np.isfinite(kept)
    if lost.any():
        raise CheckpointError(
            f"{name} holds {array[lost][0]:.6g}, which is too large for {dtype}: save it as another"
        )
    return bits


def to_bfloat16(array: Array) -> Array:
    """Round to bfloat16, the upper 16 bits of a float32; the result is those bits as uint16.

    Numbers halfway between two go to the one with an even last bit.
    """
    bits = array.astype(np.float32).view(np.uint32)
    to_even = (bits >> 16) & 1
    rounded = (bits + np.uint32(0x7FFF) + to_even) >> 16
    quiet_nan = (bits >> 16) | 0x40  # rounding could make an infinity of it
    return np.where(np.isnan(array), quiet_nan, rounded).astype("<u2")


def from_bfloat16(bits: Array) -> Array:
    """Return the float32 numbers whose upper 16 bits are given; the lower are zero."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
