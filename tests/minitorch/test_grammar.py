"""Grammars: the same texts as regular expressions, and only tokens that lead to one of them."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from larkmoor import sums
from minitorch import grammar as g
from minitorch.generation import generate
from minitorch.grammar import NOTHING, Constraint
from minitorch.sampling import Settings
from minitorch.tokenizer import Tokenizer
from tests.minitorch.tiny_models import tiny_model

# A grammar and the regular expression that means the same.
PARTS = st.recursive(
    st.sampled_from(["", "a", "b", "ab", "ba"]).map(lambda t: (g.text(t), t))
    | st.sampled_from(["a", "ab"]).map(lambda t: (g.characters(t), f"[{t}]")),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: (g.sequence(*(p for p, _ in parts)), "".join(r for _, r in parts))
        )
        | st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: (
                g.one_of(*(p for p, _ in parts)),
                "(?:" + "|".join(f"(?:{r})" for _, r in parts) + ")",
            )
        )
        | st.tuples(inner, st.integers(0, 2), st.none() | st.integers(0, 2)).map(
            lambda t: (
                g.repeat(t[0][0], t[1], None if t[2] is None else t[1] + t[2]),
                f"(?:{t[0][1]}){{{t[1]},{'' if t[2] is None else t[1] + t[2]}}}",
            )
        )
    ),
    max_leaves=6,
)


@given(PARTS, st.text("ab", max_size=6))
def test_a_grammar_has_the_texts_of_its_regular_expression(part, content):
    grammar, expression = part
    assert g.matches(grammar, content) == bool(re.fullmatch(expression, content))


@given(PARTS, st.text("ab", max_size=4))
def test_from_whatever_is_not_nothing_a_text_can_be_completed(part, content):
    state = g.after_bytes(part[0], content.encode())
    for _ in range(50):
        if state is NOTHING or state.complete:
            return
        following = [g.step(state, byte) for byte in b"ab"]
        state = next(s for s in following if s is not NOTHING)
    raise AssertionError("no text in 50 bytes")


def test_a_mask_shows_the_tokens_that_some_text_begins_with():
    tokens = [b"y", b"ye", b"yes", b"yess", b"n", b"no", b"es", b""]
    mask = g.token_mask(g.one_of("yes", "no"), tokens)
    assert mask.tolist() == [True, True, True, False, True, True, False, True]
    assert mask.dtype == bool
    after_y = g.after_bytes(g.one_of("yes", "no"), b"y")
    assert g.token_mask(after_y, tokens).tolist() == [False] * 6 + [True, True]


def test_letters_of_several_bytes_may_be_chosen_from():
    assert g.matches(g.repeat(g.characters("äß€")), "€äß€")
    assert not g.matches(g.characters("äß€"), "ö")


def test_the_calculators_calls_are_those_that_the_town_understands():
    call = g.calculator_call()
    for expression in ("14 + 27", "9 * 9", "100 - 1"):
        assert g.matches(call, sums.tool_call(expression))
    for expression in ("14+27", "14 / 2", "x + 1", "1 + 2 + 3"):
        assert not g.matches(call, sums.tool_call(expression))


def test_an_object_is_written_as_json_writes_it():
    grammar = g.json_object(name=g.json_string(), age=g.digits(1, 3))
    assert g.matches(grammar, json.dumps({"name": "Ada Birch", "age": 41}))
    assert not g.matches(grammar, json.dumps({"age": 41, "name": "Ada Birch"}))
    assert g.matches(g.json_object(), "{}")


MERGES = [(ord("y"), ord("e")), (256, ord("s")), (ord("n"), ord("o")), (ord("1"), ord("2"))]


HOT = Settings(temperature=1.0)


def written(grammar, seed: int, settings: Settings = HOT) -> str:
    tokenizer = Tokenizer(MERGES)
    model = tiny_model(vocab_size=len(tokenizer), max_position_embeddings=120)
    constraint = Constraint(grammar, tokenizer)
    tokens = generate(model, [1], settings, np.random.default_rng(seed), constraint=constraint)
    return tokenizer.decode(tokens)


@pytest.mark.parametrize("temperature", [0.0, 1.0, 3.0])
def test_a_constrained_model_writes_texts_of_the_grammar_alone(temperature):
    settings = Settings(temperature, top_k=40, repetition_penalty=1.1)
    for seed in range(3):
        assert written(g.one_of("yes", "no"), seed, settings) in ("yes", "no")
        expression = sums.called(written(g.calculator_call(), seed, settings))
        assert expression is not None
        assert sums.calculate(expression)


def test_all_texts_can_come():
    assert {written(g.one_of("yes", "no", "12"), seed, Settings(5.0)) for seed in range(20)} == {
        "yes",
        "no",
        "12",
    }


def test_an_end_comes_only_where_a_text_is_complete():
    tokenizer = Tokenizer(MERGES)
    constraint = Constraint(g.digits(2, 3), tokenizer, size=len(tokenizer) + 5)
    state = constraint.start()
    ends = []
    for token in b"123":
        mask = constraint.allowed(state)
        assert mask.shape == (len(tokenizer) + 5,)
        ends.append(bool(mask[constraint.end]))
        assert not mask[-5:].any()
        state = constraint.after(state, token)
    assert ends == [False, False, True]
    assert np.flatnonzero(constraint.allowed(state)).tolist() == [constraint.end]
    assert constraint.allowed(state) is constraint.allowed(state)


def test_a_grammar_without_any_text_is_refused():
    with pytest.raises(ValueError, match="no text at all"):
        Constraint(g.one_of(), Tokenizer([]))
    with pytest.raises(ValueError, match="not 3 and 2"):
        g.repeat("a", 3, 2)
    assert g.matches(g.repeat(g.one_of()), "")
    assert g.repeat(g.one_of(), 1) is NOTHING
