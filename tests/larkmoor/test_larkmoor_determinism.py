"""The corpus is the same bytes everywhere, for ever."""

import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from larkmoor import documents, world
from larkmoor.rng import Stream
from larkmoor.write import corpus_hash, write

ROOT = Path(__file__).parents[2]

# SHA-256 over the SHA-256 of every file that the generator writes for seed 0. A change here changes
# the text that every model of the course was trained on: train and measure them again.
PINNED = {
    "nano": "4b69c4286db6320185b9defcb78aba44846bb6b551c9a7e0c6a3e6c0ff641ce2",
    "small": "c9713067f40dc5aa540e6bf124caab01e6627be4e64817583f7c8531947405e4",
}


@pytest.mark.parametrize("size", PINNED)
def test_every_byte_of_the_corpus_is_pinned(size, tmp_path):
    assert corpus_hash(write(tmp_path / size, seed=0, size=size)) == PINNED[size]


def test_the_hash_seed_of_the_process_changes_nothing(tmp_path):
    hashes = set()
    for hash_seed in ("1", "4242"):
        out = tmp_path / hash_seed
        command = [sys.executable, "-m", "larkmoor", "--size", "nano", "--out", str(out)]
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=tmp_path)
        hashes.add((out / "manifest.json").read_text())
    assert len(hashes) == 1


def test_the_random_stream_gives_the_same_numbers_for_ever():
    stream = Stream(0, "pinned")
    assert [stream.below(1000) for _ in range(6)] == [894, 91, 0, 878, 119, 557]
    assert stream.shuffled("abcdefgh") == list("ghdebfac")


def test_streams_with_different_labels_are_different():
    one, other = Stream(0, "one"), Stream(0, "other")
    assert [one.below(100) for _ in range(20)] != [other.below(100) for _ in range(20)]


def test_a_smaller_corpus_is_the_beginning_of_a_larger_one(town, corpus):
    nano = [record.sidecar() for record in documents(town, "nano")]
    assert nano == [record.sidecar() for record in corpus[:1000]]


def test_two_generators_can_run_side_by_side(town):
    one, other = documents(town, "nano"), documents(world(1), "nano")
    mixed = [record.text for pair in zip(one, other) for record in pair]
    assert mixed[::2] == [record.text for record in documents(town, "nano")]


def test_another_seed_gives_another_corpus(town):
    first = [record.text for record in islice(documents(town, "nano"), 50)]
    second = [record.text for record in islice(documents(world(1), "nano"), 50)]
    assert set(first).isdisjoint(second)


def test_generation_imports_nothing_but_the_standard_library():
    code = (
        "import sys, larkmoor, larkmoor.write, larkmoor.evaluate, larkmoor.__main__;"
        "print([m for m in ('numpy', 'torch', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
