"""Streaming: characters are whole, stop texts are found wherever they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch.text_stream import possible_beginning, stream_text, until_stop, whole_characters
from minitorch.tokenizer import Tokenizer

BYTES = Tokenizer([])  # a token for each byte


@given(st.text())
def test_text_comes_in_whole_characters(text):
    pieces = list(whole_characters(BYTES, text.encode()))
    assert pieces == list(text)


@given(st.binary())
def test_bytes_that_are_no_text_come_out_as_decode_shows_them(data):
    assert "".join(whole_characters(BYTES, data)) == BYTES.decode(data)


def test_a_character_that_never_ends_is_shown_at_the_end():
    assert list(whole_characters(BYTES, "né".encode()[:2])) == ["n", "\ufffd"]


def test_a_special_token_comes_out_as_its_name():
    end = BYTES.special["<|end|>"]
    assert "".join(whole_characters(BYTES, [65, end])) == "A<|end|>"


CUTS = st.lists(st.text("abc", min_size=1, max_size=3), max_size=8)
STOPS = st.lists(st.text("abc", min_size=1, max_size=3), max_size=3)


@given(CUTS, STOPS)
def test_text_ends_where_the_first_complete_stop_text_begins(pieces, stops):
    so_far = ""
    for piece in pieces:  # piece by piece, until a stop text is complete
        so_far += piece
        places = [so_far.index(stop) for stop in stops if stop in so_far]
        if places:
            so_far = so_far[: min(places)]
            break
    assert "".join(until_stop(pieces, stops)) == so_far


@given(CUTS, STOPS)
def test_as_much_is_shown_as_can_be_known(pieces, stops):
    shown, read = "", ""

    def watched():
        nonlocal read
        for piece in pieces:
            yield piece
            # asked for more: everything that cannot begin a stop text has been shown
            read += piece
            assert shown == read[: len(read) - possible_beginning(read, stops)]

    for piece in until_stop(watched(), stops):
        assert piece
        shown += piece


def test_nothing_more_is_asked_for_behind_a_stop_text():
    asked = []

    def pieces():
        for piece in ["one ", "tw", "o thr", "ee four"]:
            asked.append(piece)
            yield piece

    assert list(until_stop(pieces(), ["two"])) == ["one "]
    assert asked == ["one ", "tw", "o thr"]


def test_what_was_held_back_for_nothing_comes_at_the_end():
    assert "".join(until_stop(["a\nUs"], ["\nUser:"])) == "a\nUs"
    assert possible_beginning("one\nUs", ["\nUser:"]) == 3
    assert possible_beginning("one", []) == 0


def test_a_stop_text_is_found_inside_a_character_that_was_cut():
    tokens = "Hé! Ende".encode()
    assert list(stream_text(BYTES, tokens, ["é!"])) == ["H"]


def test_an_empty_stop_text_is_refused():
    with pytest.raises(ValueError, match="a stop text is empty"):
        stream_text(BYTES, [], ["a", ""])
