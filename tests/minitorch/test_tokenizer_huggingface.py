"""The tokenizer beside Hugging Face's: the same cuts, ids, merges and chats."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from larkmoor import documents, world
from minitorch import bpe, town
from minitorch.chat_template import encode_chat, render_chat
from minitorch.tokenizer import Tokenizer

tokenizers = pytest.importorskip("tokenizers")

ODD = [
    *("a", "A", "'", "'s", "'ll", "0", "9", "\t", "\n", "\r", "\x0b", "\x1c", "\x00", "\x7f"),
    *("\x85", "\xa0", "\u2028", "\u3000", "\ufeff"),  # spaces of several kinds
    *("é", "e\u0301", "\u200d", "\ufe0f", "🦉", "👩\u200d👩\u200d👧"),  # marks and emoji
    *("٣", "²", "ⅷ", "中", "ﷺ"),  # digits and letters of other scripts
    *("<|end|>", "<|", "|>", "[", "]", "`", "{", "~", " "),
]
unicode_text = st.one_of(st.text(), st.lists(st.sampled_from(ODD)).map("".join))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer")
    town.course_tokenizer().save(path)
    return path


@pytest.fixture(scope="module")
def theirs(folder):
    opened = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    opened.encode_special_tokens = True  # special tokens in a text are text, as they are here
    return opened


@pytest.fixture(scope="module")
def auto(folder):
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(folder)


@given(unicode_text)
def test_text_is_cut_as_by_tokenizers(text):
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(bpe.PATTERN), "isolated")
    assert bpe.split_words(text) == [text[a:b] for _, (a, b) in split.pre_tokenize_str(text)]


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_cut_as_by_byte_level_with_single_digits(text):
    known = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Digits(individual_digits=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    assert bpe.split_words(text) == [text[a:b] for _, (a, b) in known.pre_tokenize_str(text)]


def test_ids_are_equal_on_the_whole_corpus(theirs):
    tokenizer = town.course_tokenizer()
    texts = [text for record in documents(world(0), "small") for text in town.texts(record)]
    for start in range(0, len(texts), 5000):
        some = texts[start : start + 5000]
        expected = [encoding.ids for encoding in theirs.encode_batch(some)]
        assert [tokenizer.encode(text) for text in some] == expected


@settings(max_examples=300)
@given(unicode_text)
def test_ids_and_decoding_are_equal_on_any_unicode(theirs, text):
    tokenizer = town.course_tokenizer()
    ids = tokenizer.encode(text)
    assert ids == theirs.encode(text).ids
    assert tokenizer.decode(ids) == theirs.decode(ids, skip_special_tokens=False)


@given(st.lists(st.integers(0, 1023), max_size=30))
def test_decoding_is_equal_on_any_ids(theirs, ids):
    assert town.course_tokenizer().decode(ids) == theirs.decode(ids, skip_special_tokens=False)


@given(unicode_text)
def test_auto_tokenizer_gives_the_same_ids_special_tokens_included(auto, text):
    tokenizer = town.course_tokenizer()
    assert auto(text)["input_ids"] == tokenizer.encode(text, allowed=tokenizer.special)


def test_auto_tokenizer_knows_the_special_tokens(auto):
    assert (auto.bos_token, auto.eos_token, auto.pad_token) == ("<|begin|>", "<|end|>", "<|pad|>")
    assert len(auto) == 1024


def test_chats_are_rendered_as_by_apply_chat_template(auto):
    tokenizer = town.course_tokenizer()
    chats = [r.messages for r in documents(world(0), "nano") if r.messages][:150]
    assert {message["role"] for chat in chats for message in chat} == {
        *("system", "user", "assistant", "tool")
    }
    for chat in chats:
        ids, said = encode_chat(tokenizer, chat)
        expected = auto.apply_chat_template(
            chat, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
        )
        assert ids == expected["input_ids"]
        assert [int(flag) for flag in said] == expected["assistant_masks"]
        assert render_chat(chat) == auto.apply_chat_template(chat, tokenize=False)
        asked = auto.apply_chat_template(chat, tokenize=True, add_generation_prompt=True)
        assert encode_chat(tokenizer, chat, ask=True)[0] == asked["input_ids"]


def test_an_unknown_role_is_refused_by_both(auto):
    chat = [{"role": "mayor", "content": "hello"}]
    with pytest.raises(Exception, match="mayor"):
        auto.apply_chat_template(chat, tokenize=False)
    with pytest.raises(ValueError, match="mayor"):
        render_chat(chat)


def test_a_folder_that_transformers_saved_opens_here(auto, tmp_path):
    auto.save_pretrained(tmp_path)
    assert Tokenizer.load(tmp_path).fingerprint() == town.FINGERPRINT


def test_the_trainer_finds_the_same_merges_as_theirs():
    """Ties go to the smallest pair in both; so their numbering of the bytes is used here too."""
    lines = [t for r in documents(world(0), "nano") for t in town.texts(r)]
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Split(tokenizers.Regex(bpe.PATTERN), "isolated"),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=900, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    model.train_from_iterator(lines, trainer)
    vocab = model.get_vocab()
    names = {id: name for name, id in vocab.items()}
    signs = re.compile(".", re.DOTALL)
    words: Counter[tuple[int, ...]] = Counter()
    for line in lines:
        for piece, _ in model.pre_tokenizer.pre_tokenize_str(line):
            words[tuple(vocab[sign] for sign in signs.findall(piece))] += 1
    merges = bpe.learn_merges_fast(words, 900 - 256)
    spelled = [names[id] for id in range(256)]
    for left, right in merges:
        spelled.append(spelled[left] + spelled[right])
    assert spelled == [names[id] for id in range(len(names))]
