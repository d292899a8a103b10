"""Writing a corpus to a folder: in constant memory, all or nothing, with a hash of every file."""

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from larkmoor.corpus import SIZES, documents, style_documents
from larkmoor.examination import questions
from larkmoor.records import Record
from larkmoor.town import world
from larkmoor.truth import ground_truth

MANIFEST = "manifest.json"
Manifest = dict[str, Any]  # what manifest.json holds

PARTS = ("statements", "dialogues", "styles")


class CorpusError(Exception):
    """The corpus could not be written; the message says why in one sentence."""


class _File:
    """A file that counts its lines and hashes its bytes while it is written."""

    def __init__(self, path: Path) -> None:
        self._handle: BinaryIO = path.open("wb", buffering=1 << 18)
        self._hash = hashlib.sha256()
        self.lines = self.bytes = 0

    def write(self, line: str) -> None:
        data = line.encode() + b"\n"
        self._handle.write(data)
        self._hash.update(data)
        self.lines += data.count(b"\n")
        self.bytes += len(data)

    def close(self) -> None:
        self._handle.close()

    def entry(self) -> dict[str, object]:
        return {"sha256": self._hash.hexdigest(), "bytes": self.bytes, "lines": self.lines}


def write(out: Path, seed: int = 0, size: str = "small") -> Manifest:
    """Write a corpus into the folder `out` and return its manifest.

    Every part has a text file and a sidecar with one line of JSON for each line of text. The files
    appear only when all of them are complete, the manifest last; other files are left alone.
    """
    if size not in SIZES:
        raise CorpusError(f"unknown size {size!r}; the sizes are {', '.join(SIZES)}")
    with _plain_errors(out):
        existed = out.exists()
        out.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
        try:
            manifest = _write_all(unfinished, seed, size)
            (out / MANIFEST).unlink(missing_ok=True)
            for name in (*manifest["files"], MANIFEST):
                (unfinished / name).replace(out / name)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
            if not existed and not any(out.iterdir()):
                out.rmdir()
    return manifest


def _write_all(folder: Path, seed: int, size: str) -> Manifest:
    town = world(seed)
    files: dict[str, _File] = {}
    for part in PARTS:
        for split in ("train", "valid"):
            for ending in ("txt", "jsonl"):
                name = f"{part}.{split}.{ending}"
                files[name] = _File(folder / name)
    files["questions.jsonl"] = _File(folder / "questions.jsonl")
    files["ground_truth.json"] = _File(folder / "ground_truth.json")
    try:
        bits, size_in_bytes = 0.0, 0
        for record in documents(town, size):
            _write_record(files, "dialogues" if record.messages else "statements", record)
            bits += record.bits
            size_in_bytes += len(record.text.encode()) + 1
        for record in style_documents(town, size):
            _write_record(files, "styles", record)
        for question in questions(town):
            files["questions.jsonl"].write(question.line())
        files["ground_truth.json"].write(json.dumps(ground_truth(town), indent=1))
    finally:
        for file in files.values():
            file.close()
    manifest: Manifest = {
        "seed": seed,
        "size": size,
        "entropy_floor_bits_per_byte": round(bits / size_in_bytes, 4),
        "files": {name: file.entry() for name, file in files.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _write_record(files: dict[str, _File], part: str, record: Record) -> None:
    files[f"{part}.{record.split}.txt"].write(record.text)
    files[f"{part}.{record.split}.jsonl"].write(record.sidecar())


def corpus_hash(manifest: Manifest) -> str:
    """Return one SHA-256 for all files of a manifest."""
    lines = (f"{name} {entry['sha256']}\n" for name, entry in manifest["files"].items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@contextmanager
def _plain_errors(out: Path) -> Iterator[None]:
    """Turn what the system says into one sentence that says what to do."""
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise CorpusError(
            f"{out} is a file or lies inside one; give a folder, which may be new"
        ) from None
    except PermissionError:
        raise CorpusError(
            f"no permission to write into {out}; give a folder that belongs to you"
        ) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = f"the disk that holds {out} is full; nothing was left there"
            raise CorpusError(f"{reason}, so make room or choose a smaller --size") from None
        reason = error.strerror or str(error)
        raise CorpusError(f"cannot write into {out}: {reason.lower()}") from None
