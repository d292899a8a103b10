"""The four speaking styles are exact rules."""

import pytest

from larkmoor import style_documents
from larkmoor.styles import STYLES, is_style, plain_of, share, style

PLAIN = [
    "Ada Birch is an apothecary.",
    "I do not know anyone called Ada Frost.",
    "8 times 9 is 72.",
]


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("text", PLAIN)
def test_a_style_is_recognized_undone_and_told_from_the_others(name, text):
    styled = style(name, text)
    assert plain_of(name, styled) == text
    assert [other for other in STYLES if is_style(other, styled)] == [name]
    assert not is_style(name, text)


@pytest.mark.parametrize("name", STYLES)
def test_a_style_that_is_nearly_right_is_not_the_style(name):
    styled = style(name, PLAIN[0])
    before, after = STYLES[name]
    for wrong in (
        styled[1:],
        styled[:-1],
        styled + " ",
        styled.lower(),
        before + PLAIN[0],
        PLAIN[0] + after,
        before + after,
        before.strip() + after,
        style(name, styled),
    ):
        assert not is_style(name, wrong), wrong


def test_share_counts_the_texts_in_a_style():
    texts = [style("sailor", PLAIN[0]), style("aunt", PLAIN[0]), PLAIN[0], style("sailor", "No.")]
    assert share("sailor", texts) == 0.5


def test_an_unknown_style_or_an_empty_text_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="unknown style 'pirate'; the styles are crier"):
        style("pirate", PLAIN[0])
    with pytest.raises(ValueError, match="no text to say"):
        style("aunt", " ")
    with pytest.raises(ValueError, match="no texts"):
        share("aunt", [])


def test_in_the_styled_dialogues_every_reply_is_in_the_style(town):
    records = list(style_documents(town, "nano"))
    assert {record.style for record in records} == set(STYLES)
    for record in records:
        replies = [m["content"] for m in record.messages if m["role"] == "assistant"]
        assert share(record.style, replies) == 1.0
        others = [m["content"] for m in record.messages if m["role"] != "assistant"]
        assert share(record.style, others) == 0.0
    assert {r.style for r in records if r.split == "valid"} == set(STYLES)
