"""A conversation: what is remembered, what is forgotten, and the calculator."""

from __future__ import annotations

import re

import numpy as np
import pytest

from minitorch import ShapeError, conversation
from minitorch.answering import answer, answers, fitting, stream_answer
from minitorch.chat_template import encode_chat
from minitorch.conversation import Conversation
from minitorch.generation import generate_batch
from minitorch.grammar import Constraint, one_of
from minitorch.sampling import Settings
from minitorch.tokenizer import Tokenizer
from tests.minitorch.tiny_models import tiny_model

BYTES = Tokenizer([])
MODEL = tiny_model(vocab_size=len(BYTES), max_position_embeddings=160)
LONG = Settings(max_new_tokens=30)
ASKED = [{"role": "user", "content": "Who?"}]


def roles(talk: Conversation) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in talk.messages]


@pytest.fixture
def scripted(monkeypatch):
    """A conversation in which the model says what a script says; also the prompts it read."""

    def make(*script: str, **options) -> tuple[Conversation, list[str]]:
        prompts: list[str] = []
        lines = iter(script)

        def generate(model, ids, *more, **named):
            prompts.append(BYTES.decode(ids))
            return iter(next(lines).encode())

        monkeypatch.setattr(conversation, "generate", generate)
        return Conversation(MODEL, BYTES, Settings(max_new_tokens=20), **options), prompts

    return make


def test_what_was_said_is_read_again_with_the_next_question(scripted):
    talk, prompts = scripted("Ada.", "Bert.")
    assert "".join(talk.reply("Who?")) == "Ada."
    assert talk.tokens == 4
    assert "".join(talk.reply("Else?")) == "Bert."
    assert prompts[1] == (
        "<|begin|><|user|>Who?<|end|><|assistant|>Ada.<|end|><|user|>Else?<|end|><|assistant|>"
    )


def test_after_a_reset_only_the_system_message_is_left(scripted):
    talk, prompts = scripted("a", "b", system="Be brief.")
    list(talk.reply("Who?"))
    talk.reset()
    list(talk.reply("Else?"))
    assert prompts[1] == ("<|begin|><|system|>Be brief.<|end|><|user|>Else?<|end|><|assistant|>")


def test_a_sum_is_worked_out_and_the_call_is_not_spoken(scripted):
    call = '{"tool": "calculator", "expression": "14 + 27"}'
    talk, prompts = scripted(call, "14 plus 27 is 41.")
    assert "".join(talk.reply("14+27?")) == "14 plus 27 is 41."
    assert talk.notes == ["calculator: 14 + 27 = 41"]
    assert prompts[1].endswith(f"{call}<|end|><|tool|>41<|end|><|assistant|>")
    assert roles(talk)[1:] == [
        ("assistant", call),
        ("tool", "41"),
        ("assistant", "14 plus 27 is 41."),
    ]


def test_a_sum_that_cannot_be_worked_out_is_answered_with_error(scripted):
    talk, prompts = scripted('{"tool": "calculator", "expression": "x"}', "Sorry.")
    assert "".join(talk.reply("x?")) == "Sorry."
    assert "<|tool|>error<|end|>" in prompts[1]


def test_calling_the_calculator_has_an_end(scripted):
    call = '{"tool": "calculator", "expression": "1 + 1"}'
    talk, prompts = scripted(*[call] * 9)
    talk.reader.capacity = 2000
    assert "".join(talk.reply("?")) == ""
    assert len(prompts) == conversation.MOST_CALLS


def test_json_that_is_no_call_is_spoken_as_it_comes(scripted):
    talk, _ = scripted('{"name": "Ada"}', '{"to')
    pieces = list(talk.reply("?"))
    assert "".join(pieces) == '{"name": "Ada"}'
    assert len(pieces) > 5
    assert "".join(talk.reply("?")) == '{"to'


def test_who_stops_listening_is_remembered_to_have_heard_the_beginning(scripted):
    talk, _ = scripted("Ada Birch.", "Never heard.")
    pieces = talk.reply("Who?")
    heard = [next(pieces) for _ in range(3)]
    pieces.close()
    assert roles(talk) == [("user", "Who?"), ("assistant", "".join(heard))]
    talk.reply("Else?").close()
    assert len(talk.messages) == 2  # nothing was asked yet


@pytest.mark.parametrize(
    ("beginning", "error", "remembered"),
    [
        ("", ZeroDivisionError, []),
        ("Be", ZeroDivisionError, []),
        ("", KeyboardInterrupt, []),
        ("Be", KeyboardInterrupt, [("user", "Else?"), ("assistant", "Be")]),
    ],
)
def test_only_what_was_heard_before_ctrl_c_outlives_an_answer_that_breaks_off(
    scripted, monkeypatch, beginning, error, remembered
):
    talk, _ = scripted("Ada.")
    list(talk.reply("Who?"))

    def breaking_off(*inputs, **options):
        yield from beginning.encode()
        raise error

    monkeypatch.setattr(conversation, "generate", breaking_off)
    with pytest.raises(error):
        list(talk.reply("Else?"))
    assert roles(talk) == [("user", "Who?"), ("assistant", "Ada."), *remembered]


def test_the_oldest_turns_are_forgotten_when_the_context_is_full(scripted):
    talk, prompts = scripted(*["x" * 20] * 6, system="s")
    for number in range(6):
        list(talk.reply(f"{number}" * 10))
    assert prompts[-1].startswith("<|begin|><|system|>s<|end|><|user|>")
    assert "5" * 10 in prompts[-1]
    assert "0" * 10 not in prompts[-1]
    assert "the model reads 160 tokens at once: the oldest 2 messages are forgotten" in talk.notes
    with pytest.raises(ShapeError, match="there is room for 140: make it shorter"):
        list(talk.reply("long " * 40))
    assert len(talk.messages) > 2


def test_what_fits_begins_with_a_question_and_has_the_system_message():
    chat = [{"role": "system", "content": "s"}]
    for number in range(4):
        chat += [
            {"role": "user", "content": f"question {number}"},
            {"role": "assistant", "content": "call"},
            {"role": "tool", "content": "1"},
            {"role": "assistant", "content": f"answer {number}"},
        ]
    chat.append({"role": "user", "content": "last"})
    size = len(encode_chat(BYTES, chat, ask=True)[0])
    assert fitting(BYTES, chat, size) == (chat, 0)
    for room in range(20, size):
        kept, dropped = fitting(BYTES, chat, room)
        assert kept == [chat[0], *chat[1 + dropped :]]
        assert kept[1]["role"] == "user"
        assert len(encode_chat(BYTES, kept, ask=True)[0]) <= room
    with pytest.raises(ShapeError):
        fitting(BYTES, chat, 5)


# -- answers -------------------------------------------------------------------------------------


def test_an_answer_is_what_comes_before_the_next_special_token():
    prompts = [[{"role": "user", "content": str(number)}] for number in range(30)]
    said = answers(MODEL, BYTES, prompts, LONG)
    whole = generate_batch(MODEL, [encode_chat(BYTES, p, ask=True)[0] for p in prompts], LONG)
    shown = [BYTES.decode(tokens) for tokens in whole]
    assert any(name in text for name in BYTES.special for text in shown)
    assert said == [re.split(r"<\|[a-z]+\|>", text)[0] for text in shown]


@pytest.mark.parametrize(
    "settings", [Settings(max_new_tokens=12), Settings(1.0, max_new_tokens=12)]
)
def test_many_conversations_are_answered_as_each_by_itself(settings):
    chats = [[{"role": "user", "content": "?" * size}] for size in (9, 3, 1, 30, 2)]
    together = answers(MODEL, BYTES, chats, settings, np.random.default_rng(0), rows=2)
    rngs = np.random.default_rng(0).spawn(len(chats))
    assert together == [answer(MODEL, BYTES, c, settings, r) for c, r in zip(chats, rngs)]


def test_an_answer_can_be_stopped_and_constrained():
    settings = Settings(max_new_tokens=30)
    whole = answer(MODEL, BYTES, ASKED, settings)
    stop = whole[4:6]
    assert answer(MODEL, BYTES, ASKED, settings, stops=[stop]) == whole[: whole.index(stop)]
    assert "".join(stream_answer(MODEL, BYTES, ASKED, settings)) == whole
    constraint = Constraint(one_of("yes", "no"), BYTES)
    assert answer(MODEL, BYTES, ASKED, settings, constraint=constraint) in ("yes", "no")
