"""The entropy floor counts what was drawn, and is what it says."""

import lzma
import math
from collections import Counter, defaultdict

import pytest

from larkmoor import documents, floor
from larkmoor.records import Record
from larkmoor.rng import Stream


def test_a_draw_costs_the_logarithm_of_its_probability():
    stream = Stream(0, "costs")
    stream.choice("abcdefgh")
    assert stream.bits == pytest.approx(3)
    stream.bits = 0.0
    cost = {True: -math.log2(0.25), False: -math.log2(0.75)}[stream.chance(0.25)]
    assert stream.bits == pytest.approx(cost)
    stream.bits = 0.0
    cost = {"a": 2, "b": math.log2(4 / 3)}[stream.weighted((("a", 1), ("b", 3)))]
    assert stream.bits == pytest.approx(cost)
    stream.bits = 0.0
    stream.sample("abcdef", 2)
    assert stream.bits == pytest.approx(math.log2(6 * 5))
    stream.bits = 0.0
    stream.choice(["only"])
    assert stream.bits == 0


def test_draws_are_as_frequent_as_their_probability():
    stream = Stream(0, "frequencies")
    n = 20_000
    counts = Counter(stream.weighted((("a", 1), ("b", 2), ("c", 5))) for _ in range(n))
    for item, probability in (("a", 1 / 8), ("b", 2 / 8), ("c", 5 / 8)):
        assert counts[item] / n == pytest.approx(probability, abs=0.012)
    assert sum(stream.chance(0.3) for _ in range(n)) / n == pytest.approx(0.3, abs=0.012)
    firsts = Counter(stream.sample("abcd", 2)[0] for _ in range(n))
    assert all(count / n == pytest.approx(0.25, abs=0.012) for count in firsts.values())


@pytest.fixture(scope="module")
def many(town) -> list[Record]:
    return list(documents(town, "medium"))


def test_the_same_line_always_has_the_same_code_length(many):
    lengths, times = defaultdict(set), Counter()
    for record in many:
        lengths[record.text].add(round(record.bits, 6))
        times[record.text] += 1
    assert sum(count > 1 for count in times.values()) > 1_000
    assert [text for text, bits in lengths.items() if len(bits) > 1] == []


def test_lines_come_up_twice_as_often_as_their_code_lengths_say(many):
    """Two lines are equal with the mean of 2 ** -bits as probability, if each has one way to it.

    Were lines written by several choices, they would come up twice more often than that.
    """
    times, kinds, chance = Counter(), {}, Counter()
    for record in many:
        times[record.text] += 1
        kinds[record.text] = record.kind
        chance[record.kind] += 2**-record.bits
    twice = Counter()
    for text, count in times.items():
        twice[kinds[text]] += count * (count - 1) // 2
    expected = {kind: (len(many) - 1) / 2 * total for kind, total in chance.items()}
    frequent = [kind for kind in expected if expected[kind] > 200]
    assert len(frequent) >= 6
    for kind in frequent:
        assert twice[kind] == pytest.approx(expected[kind], rel=0.2), kind


def test_no_compressor_gets_below_the_floor(corpus):
    text = "".join(record.text + "\n" for record in corpus).encode()
    whole = floor(corpus)
    assert whole.bytes == len(text)
    assert whole.lines == len(corpus)
    assert 0.1 < whole.bits_per_byte < 8 * len(lzma.compress(text)) / len(text)


def test_the_floor_adds_up_over_lines():
    records = [Record("x", "desk", "abc", bits=6.0), Record("x", "desk", "", bits=4.0)]
    assert floor(records).bits_per_byte == 10 / 5
    assert floor(records).bits_per_line == 5
    with pytest.raises(ValueError, match="no lines"):
        floor([])
