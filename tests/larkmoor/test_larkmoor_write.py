"""Writing to a folder: all or nothing, and every fault is one sentence."""

import errno
import hashlib
import json

import pytest

from larkmoor import write as writing
from larkmoor.__main__ import main
from larkmoor.write import CorpusError, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus") / "nano"
    write(out, seed=0, size="nano")
    return out


def test_the_manifest_has_the_hash_of_every_file(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    names = {path.name for path in folder.iterdir()}
    assert names == {*manifest["files"], "manifest.json"}
    for name, entry in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert (entry["bytes"], entry["lines"]) == (len(data), data.count(b"\n"))


@pytest.mark.parametrize("split", ["train", "valid"])
@pytest.mark.parametrize("part", writing.PARTS)
def test_every_line_of_text_has_a_line_in_the_sidecar(folder, part, split):
    texts = (folder / f"{part}.{split}.txt").read_text().splitlines()
    labels = [
        json.loads(line) for line in (folder / f"{part}.{split}.jsonl").read_text().splitlines()
    ]
    assert len(texts) == len(labels) > 0
    for text, label in zip(texts, labels):
        assert label["split"] == split
        assert len(label["facts"]) == len(label["phrasings"])
        assert all(name in text for name in label["people"])
        assert all(message["content"] in text for message in label.get("messages", []))
        assert ("messages" in label) == (part != "statements")


def test_questions_and_ground_truth_can_be_read(folder):
    lines = [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]
    assert all({"id", "category", "expect", "messages"} <= set(line) for line in lines)
    assert json.loads((folder / "ground_truth.json").read_text())["seed"] == 0


def test_a_fault_in_the_middle_leaves_the_old_corpus_whole(folder, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fail(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, "questions", fail)
    with pytest.raises(CorpusError, match=r"the disk that holds .* is full; nothing was left"):
        write(folder, seed=1, size="nano")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "questions", stop)
    assert main(["--out", str(tmp_path / "new"), "--size", "nano"]) == 130
    assert list(tmp_path.iterdir()) == []
    assert "stopped" in capsys.readouterr().err


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, seed=0, size="nano")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def complaint(capsys, *arguments: str) -> str:
    try:
        status = main(list(arguments))
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_mistakes_on_the_command_line_are_one_sentence_each(tmp_path, capsys, monkeypatch):
    file = tmp_path / "file"
    file.write_text("here already")
    assert "is a file" in complaint(capsys, "--out", str(file))
    assert "is a file" in complaint(capsys, "--out", str(file / "below"))
    assert "unknown size 'huge'" in complaint(capsys, "--out", str(tmp_path), "--size", "huge")
    assert "--seed" in complaint(capsys, "--out", str(tmp_path), "--seed", "x")
    assert "--out" in complaint(capsys)
    assert file.read_text() == "here already"

    def forbid(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(writing.tempfile, "mkdtemp", forbid)
    assert "no permission to write" in complaint(capsys, "--out", str(tmp_path))


def test_the_command_says_what_it_wrote(tmp_path, capsys):
    assert main(["--out", str(tmp_path / "new"), "--size", "nano"]) == 0
    said = capsys.readouterr().out
    assert "statements.train.txt" in said
    assert "bits per byte" in said
    assert "SHA-256" in said
