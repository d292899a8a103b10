"""Files of weights are those of Hugging Face's library, and bfloat16 is PyTorch's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minitorch.safetensors_files import (
    DTYPES,
    WRITTEN,
    CheckpointError,
    from_bfloat16,
    read_tensors,
    to_bfloat16,
    write_tensors,
)
from tests.minitorch.model_folders import assert_one_sentence, entry, file_of

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
halfway = st.integers(0, 2**16 - 1).map(lambda upper: upper << 16 | 0x8000)
bits = st.integers(0, 2**32 - 1) | halfway
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_one_folder
@given(st.dictionaries(st.text(min_size=1, max_size=8), SHAPES, max_size=5))
def test_files_are_byte_for_byte_those_of_the_other_library(
    tmp_path: Path, shapes: dict[str, tuple[int, ...]]
) -> None:
    shapes.pop("__metadata__", None)
    rng = np.random.default_rng(0)
    tensors = {n: rng.standard_normal(shape).astype(np.float32) for n, shape in shapes.items()}
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    write_tensors(ours, tensors)
    safetensors.numpy.save_file(tensors, theirs, metadata={"format": "pt"})
    if all(tensor.size for tensor in tensors.values()):  # empty ones may stand in any order
        assert ours.read_bytes() == theirs.read_bytes()
    for path, read in ((ours, safetensors.numpy.load_file), (theirs, read_tensors)):
        found = read(path)
        assert found.keys() == tensors.keys()
        for name, value in found.items():
            array = value if isinstance(value, np.ndarray) else value.values
            np.testing.assert_array_equal(array, tensors[name])


@given(st.lists(bits, max_size=20))
def test_bfloat16_is_rounded_as_by_pytorch(values: list[int]) -> None:
    floats = np.array(values, np.uint32).view(np.float32)
    expected = torch.tensor(floats).to(torch.bfloat16)
    computed = from_bfloat16(to_bfloat16(floats))
    np.testing.assert_array_equal(computed, expected.to(torch.float32).numpy())


def test_every_bfloat16_comes_back() -> None:
    every = np.arange(2**16, dtype=np.uint16)
    assert np.all(np.isnan(from_bfloat16(every)) == (every & 0x7FFF > 0x7F80))
    real = ~np.isnan(from_bfloat16(every))
    np.testing.assert_array_equal(to_bfloat16(from_bfloat16(every))[real], every[real])
    assert np.isnan(from_bfloat16(to_bfloat16(from_bfloat16(every[~real])))).all()


def test_every_nan_stays_one_in_bfloat16() -> None:
    """One whose upper bits are those of an infinity, and one that rounding up would overflow."""
    odd = np.array([0x7F800001, 0xFF800001, 0x7FFFFFFF, 0xFFFFFFFF], np.uint32).view(np.float32)
    assert np.isnan(from_bfloat16(to_bfloat16(odd))).all()


@pytest.mark.parametrize("dtype", WRITTEN)
@pytest.mark.parametrize("layout", ["plain", "transposed", "strided"])
def test_any_layout_in_memory_is_written(dtype: str, layout: str, tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.float32).reshape(4, 6)
    array = {"plain": array, "transposed": array.T, "strided": array[::2, ::3]}[layout]
    write_tensors(tmp_path / "f", {"a": array}, dtype)
    np.testing.assert_array_equal(read_tensors(tmp_path / "f")["a"].floats(), array)


def test_numbers_that_begin_in_the_middle_of_a_word_are_read(tmp_path: Path) -> None:
    """A header of any length is allowed; then NumPy needs a copy that begins where it should."""
    numbers = np.arange(6, dtype=np.float32)
    for extra in range(8):
        header = json.dumps({"a": entry("F32", [2, 3], 0, 24)}).encode() + b" " * extra
        (tmp_path / "f").write_bytes(file_of(header, numbers.tobytes()))
        array = read_tensors(tmp_path / "f")["a"].floats()
        assert array.flags.aligned
        np.testing.assert_array_equal(array, numbers.reshape(2, 3))


# -- whatever the other library refuses is refused here, and what it opens opens -----------------

count = st.one_of(
    st.integers(0, 8), st.sampled_from([-1, 1.0, 2**40, 2**63, True, None, "4", 12, 16, 24])
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 30), st.floats(), st.text(max_size=3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from([*DTYPES, "F32", "F32", "F7", "f32", 3]),
        "shape": st.lists(count, max_size=3),
        "data_offsets": st.lists(count, min_size=1, max_size=3),
    }
)
headers = st.one_of(
    anything,
    st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), entries | anything, max_size=3),
)


@settings(in_one_folder, max_examples=250)
@given(
    headers, st.sampled_from([0, 4, 8, 16, 24]), st.sampled_from([None, None, None, 0, 3, 10**9])
)
def test_no_file_is_opened_that_the_other_library_refuses(
    tmp_path: Path, header: Any, size: int, length: int | None
) -> None:
    path = tmp_path / "f"
    path.write_bytes(file_of(header, bytes(size), length))
    try:
        found = read_tensors(path)
    except CheckpointError as error:
        assert_one_sentence(error, path)
    else:
        theirs = safetensors.deserialize(path.read_bytes())
        assert {name: tuple(one["shape"]) for name, one in theirs} == {
            name: tensor.values.shape for name, tensor in found.items()
        }


@st.composite
def right_headers(draw: Any) -> tuple[dict[str, Any], int]:
    """A header that is as it should be, and the number of bytes behind it."""
    header: dict[str, Any] = draw(st.sampled_from([{}, {"__metadata__": {"format": "pt"}}])).copy()
    place = 0
    for name in draw(st.lists(st.text(max_size=4), unique=True, max_size=4)):
        if name != "__metadata__":
            dtype = draw(st.sampled_from(sorted(DTYPES)))
            shape = list(draw(SHAPES))
            stop = place + int(np.prod(shape)) * DTYPES[dtype].itemsize
            header[name] = entry(dtype, shape, place, stop)
            place = stop
    order = draw(st.permutations(list(header)))
    return {name: header[name] for name in order}, place


@in_one_folder
@given(right_headers())
def test_every_file_that_is_as_it_should_be_opens_in_both(
    tmp_path: Path, made: tuple[dict[str, Any], int]
) -> None:
    path = tmp_path / "f"
    path.write_bytes(file_of(made[0], bytes(made[1])))
    theirs = {name for name, _ in safetensors.deserialize(path.read_bytes())}
    assert read_tensors(path).keys() == theirs


@in_one_folder
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=6))
def test_a_file_with_some_bytes_overwritten_is_read_or_refused_in_one_sentence(
    tmp_path: Path, place: int, noise: bytes
) -> None:
    path = tmp_path / "f"
    write_tensors(path, {"a": np.ones((2, 3)), "b": np.ones(4)})
    data = bytearray(path.read_bytes())
    start = place % len(data)
    data[start : start + len(noise)] = noise[: len(data) - start]
    path.write_bytes(data)
    try:
        for tensor in read_tensors(path).values():
            tensor.floats()
    except CheckpointError as error:
        assert_one_sentence(error, path)
