"""The tokenizer by itself: round trips, special tokens, files, the command."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch import bpe, tokenizer_probe, town
from minitorch.tokenizer import SPECIAL, Tokenizer, TokenizerError, split_special


@pytest.fixture(scope="module")
def tokenizer():
    return town.course_tokenizer()


def test_the_course_tokenizer_is_the_one_that_was_noted(tokenizer):
    assert tokenizer.fingerprint() == town.FINGERPRINT
    assert len(tokenizer) == town.SIZE == 1024


def test_a_tokenizer_that_came_out_otherwise_is_refused(monkeypatch):
    monkeypatch.setattr(town, "FINGERPRINT", "0" * 64)
    with pytest.raises(TokenizerError, match="other than the course's"):
        town.course_tokenizer.__wrapped__()


@given(st.text())
def test_any_text_comes_back(text):
    tokenizer = town.course_tokenizer()
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(st.binary(max_size=300))
def test_any_bytes_come_back(data):
    tokenizer = town.course_tokenizer()
    assert tokenizer.decode_bytes(tokenizer.encode_bytes(data)) == data


def test_a_long_word_comes_back(tokenizer):
    word = "Larkmoor" * 5000
    assert tokenizer.decode(tokenizer.encode(word)) == word


@given(st.lists(st.sampled_from([*SPECIAL, "<|", "|>", "end", "user", " ", "<|e"])).map("".join))
def test_text_never_becomes_a_special_token(text):
    tokenizer = town.course_tokenizer()
    assert max(tokenizer.encode(text), default=0) < len(tokenizer.tokens)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_name_that_is_not_allowed_is_cut_like_any_text(tokenizer):
    text = "a <|end|> b"
    words = [id for word in bpe.split_words(text) for id in tokenizer.encode_word(word)]
    assert tokenizer.encode(text) == words
    assert tokenizer.encode(text, allowed=["<|user|>"]) == words


def test_allowed_special_tokens_are_recognized_and_others_are_not(tokenizer):
    end, user = tokenizer.special["<|end|>"], tokenizer.special["<|user|>"]
    ids = tokenizer.encode("a<|end|><|user|>b", allowed=["<|end|>"])
    assert end in ids
    assert user not in ids
    assert tokenizer.encode("<|end|><|user|>", allowed=tokenizer.special) == [end, user]


@given(st.lists(st.sampled_from(["<a>", "<a>b", "b", "<", "c"])).map("".join))
def test_splitting_at_special_tokens_loses_nothing_and_takes_the_longest(text):
    pieces = split_special(text, ["<a>", "<a>b"])
    assert "".join(pieces) == text
    assert "" not in pieces
    for piece, following in zip(pieces, [*pieces[1:], ""]):
        assert not (piece == "<a>" and following.startswith("b"))


def test_special_tokens_decode_to_their_names(tokenizer):
    assert tokenizer.decode([tokenizer.special["<|user|>"], 65]) == "<|user|>A"


@pytest.mark.parametrize("id", [-1, 1024, 5000])
def test_an_id_that_does_not_exist_is_named(tokenizer, id):
    with pytest.raises(TokenizerError, match=f"no token {id}"):
        tokenizer.decode([65, id])


def test_half_a_surrogate_pair_is_refused_in_a_sentence(tokenizer):
    with pytest.raises(TokenizerError, match="surrogate"):
        tokenizer.encode("a \ud83d b")


def test_training_twice_gives_the_same_tokenizer():
    texts = ["the town of Larkmoor lies between the moor and the river"] * 3
    first, second = Tokenizer.train(texts, 300), Tokenizer.train(reversed(texts), 300)
    assert first.fingerprint() == second.fingerprint()
    assert len(first.encode(texts[0])) < 30


@pytest.mark.parametrize("size", [0, 262])
def test_a_size_without_room_for_the_bytes_is_refused(size):
    with pytest.raises(TokenizerError, match="no room"):
        Tokenizer.train(["a"], size)


def test_merges_and_special_tokens_must_make_sense():
    with pytest.raises(TokenizerError, match="come later"):
        Tokenizer([(97, 256)])
    with pytest.raises(TokenizerError, match="same token"):
        Tokenizer([(97, 97), (256, 97), (97, 256)])
    with pytest.raises(TokenizerError, match="differ"):
        Tokenizer([], ["<a>", "<a>"])


def test_the_memory_for_words_is_bounded(monkeypatch):
    monkeypatch.setattr("minitorch.tokenizer.REMEMBERED_WORDS", 10)
    small = Tokenizer([])
    for number in range(50):
        small.encode(f"word{chr(97 + number % 26) * number}")
    assert len(small._remembered) <= 10


# -- files ---------------------------------------------------------------------------------------


def test_a_saved_tokenizer_is_the_same_when_loaded(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    loaded = Tokenizer.load(tmp_path)
    assert loaded.fingerprint() == tokenizer.fingerprint()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def damage(change):
    """A folder with a tokenizer.json whose content was changed."""

    def made(tmp_path):
        Tokenizer([(97, 98), (256, 99)], ["<a>"]).save(tmp_path)
        path = tmp_path / "tokenizer.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))
        return path

    return made


def drop(*keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return change


def put(value, *keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop("model"), "no entry 'model'"),
        (drop("model", "vocab"), "no entry 'vocab'"),
        (drop("added_tokens"), "no entry 'added_tokens'"),
        (put([], "model"), "not of the kind"),
        (put("WordPiece", "model", "type"), "only BPE"),
        (put({"type": "Lowercase"}, "normalizer"), "normalizer"),
        (put(None, "pre_tokenizer"), "another rule"),
        (put("x", "pre_tokenizer", "pretokenizers", 0, "pattern", "Regex"), "another rule"),
        (put(True, "pre_tokenizer", "pretokenizers", 1, "use_regex"), "ByteLevel"),
        (put(True, "model", "ignore_merges"), "ignores"),
        (put(7, "model", "vocab", "b"), "bytes in their order"),
        (put([["a", "xyz"]], "model", "merges"), "not both known"),
        (put([["a", "c"]], "model", "merges"), "should have the id 256"),
        (put([["a", "b"]], "model", "merges"), "special tokens should have the ids"),
        (put(900, "added_tokens", 0, "id"), "special tokens should have the ids"),
        (put(260, "model", "vocab", "extra"), "no byte, no merge"),
        (put([["a"]], "model", "merges"), "not of the kind"),
    ],
)
def test_a_damaged_file_is_told_in_one_sentence(change, says, tmp_path):
    path = damage(change)(tmp_path)
    with pytest.raises(TokenizerError, match=says) as error:
        Tokenizer.load(tmp_path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b"[]", b"3"])
def test_a_file_that_is_no_tokenizer_is_told_in_one_sentence(content, tmp_path):
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(TokenizerError, match="is damaged"):
        Tokenizer.load(tmp_path)


def test_a_missing_file_is_told_in_one_sentence(tmp_path):
    with pytest.raises(TokenizerError, match="is not there"):
        Tokenizer.load(tmp_path)


def test_merges_in_the_older_form_of_the_file_are_read(tmp_path):
    damage(lambda c: c["model"].update(merges=["a b", "ab c"]))(tmp_path)
    assert Tokenizer.load(tmp_path).encode("abc") == [257]


# -- the command ---------------------------------------------------------------------------------


def test_the_probe_lists_tokens_and_counts_bytes(capsys):
    assert tokenizer_probe.main(["Ada é"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["place", "id", "bytes", "text"]
    assert lines[-1].endswith("tokens for 6 bytes")
    assert any("a part of a character" in line for line in lines)


def test_the_probe_recognizes_special_tokens_only_when_asked(capsys):
    tokenizer_probe.main(["<|end|>"])
    assert "7 bytes" in capsys.readouterr().out
    tokenizer_probe.main(["--special", "<|end|>"])
    out = capsys.readouterr().out
    assert "1 token for 7 bytes" in out
    assert "<|end|>" in out


def test_the_probe_saves_and_opens_a_folder(capsys, tmp_path):
    assert tokenizer_probe.main(["--save", str(tmp_path / "mine")]) == 0
    assert town.FINGERPRINT in capsys.readouterr().out
    assert tokenizer_probe.main(["--tokenizer", str(tmp_path / "mine"), "Ada"]) == 0
    assert tokenizer_probe.main(["--tokenizer", str(tmp_path / "none"), "Ada"]) == 1
    assert "is not there" in capsys.readouterr().err


@pytest.mark.integration
def test_the_command_runs_without_a_warning():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "minitorch.tokenizer"],
        input="Ada",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "1 token for 3 bytes"
    assert done.stderr == ""
