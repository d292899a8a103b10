"""Token files, packed rows and batches that go on where they were."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch import Tensor, data, losses, token_files
from minitorch.data import IGNORED, Batches, DataError, Rows

PAD = 99


def some_documents(lengths=(5, 3, 8, 2, 6, 1, 4), seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.integers(0, 90, n).tolist(), (rng.random(n) < 0.6).tolist()) for n in lengths]


# -- files ---------------------------------------------------------------------------------------


def test_documents_come_back_from_their_files(tmp_path):
    documents = some_documents()
    written = token_files.write_documents(tmp_path / "new" / "folder", documents, 100, "abc")
    opened = token_files.read_documents(tmp_path / "new" / "folder")
    for found in (written, opened):
        assert len(found) == len(documents)
        assert (found.vocabulary, found.tokenizer) == (100, "abc")
        for place, (ids, learn) in enumerate(documents):
            here = slice(found.starts[place], found.starts[place + 1])
            assert found.ids[here].tolist() == ids
            assert found.learn[here].tolist() == learn


def test_the_files_are_mapped_not_read(tmp_path):
    opened = token_files.write_documents(tmp_path, some_documents(), 100)
    assert all(isinstance(a, np.memmap) for a in (opened.ids, opened.learn, opened.starts))
    assert not opened.ids.flags.writeable


def test_documents_are_written_as_they_come(tmp_path):
    largest = 0

    def stream():
        nonlocal largest
        for _ in range(200):
            yield [1] * 1000, [True] * 1000
            largest = max(largest, sum(f.stat().st_size for f in tmp_path.iterdir()))

    token_files.write_documents(tmp_path, stream(), 100)
    assert largest > 200_000  # most of it was in the files before the last document came


def test_a_failure_leaves_nothing_behind_and_the_old_files_alone(tmp_path):
    token_files.write_documents(tmp_path, some_documents(), 100)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(DataError, match="document 1 has the token 100"):
        token_files.write_documents(tmp_path, [([1], [True]), ([100], [True])], 100)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (([1, 2], [True]), "2 tokens and 1 flags"),
        (([], []), "0 tokens"),
        (([-1], [True]), "the token -1"),
    ],
)
def test_a_document_that_cannot_be_is_named(document, says, tmp_path):
    with pytest.raises(DataError, match=says):
        token_files.write_documents(tmp_path, [document], 100)
    with pytest.raises(DataError, match=says):
        token_files.in_memory([document], 100)


def test_a_vocabulary_that_needs_more_than_two_bytes_is_refused(tmp_path):
    with pytest.raises(DataError, match="65536"):
        token_files.write_documents(tmp_path, [], 65537)
    top = token_files.write_documents(tmp_path, [([65535], [True])], 65536)
    assert top.ids[0] == 65535


@pytest.mark.parametrize("name", [token_files.IDS, token_files.LEARN, token_files.STARTS])
def test_a_file_that_was_cut_or_lost_is_named(name, tmp_path):
    token_files.write_documents(tmp_path, some_documents(), 100)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=f"{name} has .* bytes and should have"):
        token_files.read_documents(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match=f"{name} is not there"):
        token_files.read_documents(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tokens": "many"}'])
def test_a_damaged_header_is_told(text, tmp_path):
    token_files.write_documents(tmp_path, some_documents(), 100)
    (tmp_path / token_files.HEADER).write_text(text)
    with pytest.raises(DataError, match="damaged"):
        token_files.read_documents(tmp_path)


def test_another_format_and_an_empty_folder_are_told(tmp_path):
    with pytest.raises(DataError, match="holds no tokens"):
        token_files.read_documents(tmp_path)
    token_files.write_documents(tmp_path, some_documents(), 100)
    header = json.loads((tmp_path / token_files.HEADER).read_text())
    (tmp_path / token_files.HEADER).write_text(json.dumps(header | {"format": "other"}))
    with pytest.raises(DataError, match="'other'"):
        token_files.read_documents(tmp_path)


def test_in_memory_holds_what_the_files_hold(tmp_path):
    documents = some_documents()
    files, memory = (
        token_files.write_documents(tmp_path, documents, 100),
        token_files.in_memory(documents, 100),
    )
    for name in ("ids", "learn", "starts"):
        assert getattr(files, name).tolist() == getattr(memory, name).tolist()


# -- rows ----------------------------------------------------------------------------------------

lengths = st.lists(st.integers(1, 9), max_size=40)


@given(lengths)
def test_every_document_is_packed_once_and_fits(given_lengths):
    rows = data.pack(given_lengths, 9)
    assert sorted(number for row in rows for number in row) == list(range(len(given_lengths)))
    assert all(0 < sum(given_lengths[number] for number in row) <= 9 for row in rows)


@given(lengths)
def test_the_fast_packer_fills_the_same_rows(given_lengths):
    assert data.pack_fast(given_lengths, 9) == data.pack(given_lengths, 9)


def test_packing_as_the_docstring_says():
    assert data.pack([3, 4, 2, 1], 5) == [[0, 2], [1, 3]]


@given(st.lists(st.integers(1, 20), min_size=1, max_size=12), st.integers(2, 9))
def test_rows_hold_every_target_exactly_once(some_lengths, size):
    documents = some_documents(some_lengths)
    rows = Rows(data.in_memory(documents, 100), size, PAD)
    seen = []
    for batch in rows.in_order(3):
        kept = batch.targets != IGNORED
        seen += zip(batch.inputs[kept].tolist(), batch.targets[kept].tolist())
    expected = [
        (ids[t], ids[t + 1])
        for ids, learn in documents
        for t in range(len(ids) - 1)
        if learn[t + 1]
    ]
    assert sorted(seen) == sorted(expected)


def test_targets_do_not_cross_from_one_document_into_the_next():
    documents = data.in_memory([([1, 2], [True] * 2), ([3, 4, 5], [True] * 3)], 10)
    batch = Rows(documents, 6, pad=0).batch([0])
    assert batch.inputs.tolist() == [[1, 2, 3, 4, 5]]
    assert batch.targets.tolist() == [[2, IGNORED, 4, 5, IGNORED]]
    assert batch.segments.tolist() == [[1, 1, 2, 2, 2]]


def test_padding_is_in_segment_zero_and_never_a_target():
    batch = Rows(data.in_memory([([1, 2, 3], [True] * 3)], 10), 6, pad=0).batch([0])
    assert batch.inputs.tolist() == [[1, 2, 3, 0, 0]]
    assert batch.targets.tolist() == [[2, 3, IGNORED, IGNORED, IGNORED]]
    assert batch.segments.tolist() == [[1, 1, 1, 0, 0]]


def test_a_row_of_one_token_is_refused():
    with pytest.raises(DataError, match="2 tokens at least"):
        Rows(data.in_memory(some_documents(), 100), 1, PAD)


# -- the order -----------------------------------------------------------------------------------


def test_every_epoch_has_every_row_once_in_another_order():
    order = data.shuffled(0, 30, 10, seed=3)
    epochs = [order[:10], order[10:20], order[20:]]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert data.shuffled(0, 10, 10, seed=4) != epochs[0]


@given(st.integers(0, 50), st.integers(0, 20), st.integers(1, 7))
def test_any_stretch_of_the_order_is_a_part_of_the_whole(start, count, rows):
    whole = data.shuffled(0, start + count, rows, 0)
    assert data.shuffled(start, count, rows, 0) == whole[start:]


def same(a, b):
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for name in ("inputs", "targets", "segments")
    )


@pytest.mark.parametrize("steps", [0, 1, 5, 13])
def test_batches_go_on_exactly_where_they_were(steps):
    documents = data.in_memory(some_documents((5, 3, 8, 2, 6, 1, 4) * 3), 100)
    batches = Batches(Rows(documents, 8, PAD), 4, seed=5)
    for _ in range(steps):
        next(batches)
    state = json.loads(json.dumps(batches.state_dict()))
    resumed = Batches(Rows(documents, 8, PAD), 4)
    resumed.load_state_dict(state)
    assert resumed.epoch == batches.epoch == 4 * steps / len(batches.rows)
    for _ in range(10):
        assert same(next(batches), next(resumed))


def test_a_position_in_other_data_is_refused():
    batches = Batches(Rows(data.in_memory(some_documents(), 100), 8, PAD), 2)
    other = Batches(Rows(data.in_memory(some_documents((8, 8, 8, 8, 8)), 100), 8, PAD), 2)
    with pytest.raises(DataError, match="not the same data"):
        other.load_state_dict(batches.state_dict())
    with pytest.raises(DataError, match="taken, seed and rows"):
        other.load_state_dict({"taken": 3})


def test_no_documents_are_no_batches():
    with pytest.raises(DataError, match="no rows"):
        Batches(Rows(data.in_memory([], 100), 8, PAD), 2)


def test_what_is_ignored_here_is_what_cross_entropy_leaves_out():
    logits = Tensor(np.random.default_rng(0).normal(size=(3, 5)))
    some = losses.cross_entropy(logits, np.array([1, IGNORED, 2])).item()
    kept = losses.cross_entropy(Tensor(logits.data[[0, 2]]), np.array([1, 2])).item()
    assert some == pytest.approx(kept)
