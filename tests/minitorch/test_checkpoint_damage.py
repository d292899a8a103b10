"""A folder that is damaged or of another kind gets one clear sentence, and nothing is run."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.minitorch.model_folders import entry, file_of, refused, small_folder

WEIGHTS = "model.safetensors"


class Trap:
    """What a pickle can do to the one who reads it."""

    def __reduce__(self) -> Any:
        return (os.mkdir, ("sprung",))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    small_folder(tmp_path / "model")
    yield tmp_path / "model"
    assert not Path("sprung").exists()  # no trap that a test set was stepped into


# -- files of another kind ----------------------------------------------------------------------


def zip_file() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(Trap()))
    return out.getvalue()


def torch_file() -> bytes:
    out = io.BytesIO()
    torch.save({"a": torch.ones(3)}, out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"abc", "has only 3 bytes"),
        (pickle.dumps(Trap(), 4), "a Python pickle"),
        (pickle.dumps(Trap(), 0), "no safetensors file"),
        (zip_file(), "a zip file, as torch.save writes them"),
        (torch_file(), "a zip file, as torch.save writes them"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "Git LFS pointer"),
        (b"GGUF\x03\x00\x00\x00" + bytes(100), "a GGUF file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
        (b"\x1f\x8b\x08" + bytes(100), "a gzip archive"),
        (b"hello " * 50, "no safetensors file"),
        (bytes(100), "is no JSON"),
    ],
)
def test_a_file_of_another_kind_is_named(folder: Path, content: bytes, what: str) -> None:
    (folder / WEIGHTS).write_bytes(content)
    refused(folder, what)


def test_a_folder_in_the_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).mkdir()
    refused(folder, "cannot be read: Is a directory")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(folder: Path) -> None:
    (folder / WEIGHTS).chmod(0)
    refused(folder, "cannot be read: Permission denied")


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.pt", "weights.pth", "a.ckpt", "b.pkl"]
)
def test_a_pickle_is_not_read_and_the_way_to_convert_it_is_told(folder: Path, name: str) -> None:
    (folder / WEIGHTS).rename(folder / name)
    (folder / name).write_bytes(pickle.dumps(Trap()))
    refused(folder, r"is a pickle.*convert it.*save_pretrained\(folder\)", name)


# -- damaged files ------------------------------------------------------------------------------


def test_a_file_cut_short_anywhere_is_refused(folder: Path) -> None:
    whole = (folder / WEIGHTS).read_bytes()
    header = int.from_bytes(whole[:8], "little")
    cuts = {0, 1, 7, 8, 9, 10, header // 2, header + 7, header + 8, header + 9, len(whole) - 1}
    for cut in sorted(cuts):
        (folder / WEIGHTS).write_bytes(whole[:cut])
        refused(folder, "cut short|is empty")


def test_a_file_with_more_behind_it_is_refused(folder: Path) -> None:
    with (folder / WEIGHTS).open("ab") as file:
        file.write(b"more")
    refused(folder, "is damaged: its tensors take .* bytes, and it has")


def ab(first: Any, second: Any = None) -> dict[str, Any]:
    return {"a": first, "b": second or entry("F32", [1], 8, 12)}


@pytest.mark.parametrize(
    ("header", "what"),
    [
        (b"{", "its header is no JSON"),
        (b"\xff\xfe{}", "its header is no JSON"),
        (b"[" * 100_000, "its header is no JSON"),
        ([1, 2], "its header is no list of tensors"),
        (b'{"a":{}, "a":{}}', "names 'a' twice"),
        ({"__metadata__": 3}, "__metadata__"),
        (ab(None), "a lacks its dtype, shape or data_offsets"),
        (ab({"dtype": "F32", "shape": [2]}), "a lacks its dtype, shape or data_offsets"),
        (ab(entry("F32", [2], 0, 8) | {"data_offsets": [0]}), "a lacks its dtype"),
        (ab(entry("F8_E4M3", [8], 0, 8)), "a has the dtype 'F8_E4M3', .* F32, F16, BF16"),
        (ab(entry("pickle", [8], 0, 8)), "a has the dtype 'pickle'"),
        (ab(entry("F32", [-2], 0, 8)), r"a has the shape \[-2\]"),
        (ab(entry("F32", [2.0], 0, 8)), r"a has the shape \[2.0\]"),  # type: ignore[list-item]
        (ab(entry("F32", [2], 8, 0)), "a has -8 bytes"),
        (ab(entry("F32", [3], 0, 8)), r"a has 8 bytes, and its shape \(3,\) in F32 needs 12"),
        (ab(entry("F32", [2**40, 2**40], 0, 8)), "a has 8 bytes, and its shape"),
        (ab(entry("F32", [2], 0, 8), entry("F32", [2], 4, 12)), "b overlaps another tensor"),
        (ab(entry("F32", [1], 0, 4)), "b leaves a gap before it"),
        (ab(entry("F32", [2], 4, 12), entry("F32", [1], 4, 8)), "b leaves a gap before it"),
        (ab(entry("F32", [2], 0, 8), entry("F32", [3], 8, 20)), "was cut short: its tensors take"),
        (
            ab(entry("F32", [0, 2**62, 2**62], 0, 0), entry("F32", [3], 0, 12)),
            "a has shape .* which no array can have",
        ),
        (
            ab(entry("F32", [1] * 100, 0, 4), entry("F32", [2], 4, 12)),
            "a has shape .* which no array can have",
        ),
    ],
)
def test_a_wrong_header_is_refused(folder: Path, header: Any, what: str) -> None:
    (folder / WEIGHTS).write_bytes(file_of(header, bytes(12)))
    refused(folder, what)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 100_000_001, 10_000, 0])
def test_an_absurd_length_of_the_header_is_refused(folder: Path, length: int) -> None:
    (folder / WEIGHTS).write_bytes(file_of({}, bytes(64), length))
    refused(folder, "says that its header has|is no JSON")
