"""Examine anything that answers: a score for each category, with its interval.

from larkmoor.evaluate import evaluate, from_text
report = evaluate(answer, questions(world(0)))     # answer(messages) -> text
report = evaluate(from_text(reply), questions)     # reply(question) -> text
print(report.table())
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from larkmoor import sums
from larkmoor.examination import CATEGORIES, Question
from larkmoor.records import Message, plain
from larkmoor.scoring import Outcome, score

Answer = Callable[[list[Message]], str]

Z = 1.959964  # 95 % of a normal distribution lie within this many standard deviations


@dataclass(frozen=True)
class Row:
    """The results of one category."""

    category: str
    asked: int
    correct: int
    refused: int
    interval: tuple[float, float]

    @property
    def share(self) -> float:
        return self.correct / self.asked


@dataclass(frozen=True)
class Report:
    """The outcome of every question, and what they add up to."""

    outcomes: tuple[Outcome, ...]

    def of(self, category: str) -> list[Outcome]:
        """Return the outcomes of one category."""
        return [o for o in self.outcomes if o.question.category == category]

    def rows(self) -> list[Row]:
        """Return one row for each category that was asked, in the order of CATEGORIES."""
        rows = []
        for category in CATEGORIES:
            outcomes = self.of(category)
            if outcomes:
                correct = sum(o.correct for o in outcomes)
                refused = sum(o.refused for o in outcomes)
                interval = wilson(correct, len(outcomes))
                rows.append(Row(category, len(outcomes), correct, refused, interval))
        return rows

    def share(self, category: str) -> float:
        """Return the part of a category's questions that were answered right."""
        for row in self.rows():
            if row.category == category:
                return row.share
        raise ValueError(f"no question of the category {category!r} was asked")

    def false_refusals(self) -> float:
        """Return the part of the one-hop questions where a known person was called unknown."""
        outcomes = self.of("one_hop")
        return sum(o.refused for o in outcomes) / len(outcomes) if outcomes else 0.0

    def believes_the_gazette(self) -> float:
        """Return the part of the gazette's errors that were repeated."""
        outcomes = self.of("gazette")
        return sum(o.wrong_as_printed for o in outcomes) / len(outcomes) if outcomes else 0.0

    def table(self) -> str:
        """Return the report as a table to print."""
        lines = ["category          asked  right   95 % interval   refused"]
        for row in self.rows():
            low, high = row.interval
            lines.append(
                f"{row.category:<16} {row.asked:>6} {row.share:>6.1%}"
                f"  {low:>6.1%} ..{high:>6.1%} {row.refused / row.asked:>8.1%}"
            )
        if self.of("gazette"):
            lines.append(f"gazette errors repeated: {self.believes_the_gazette():.1%}")
        if self.of("rude"):
            rude = self.of("rude")
            lines.append(
                f"rude replies to rude questions: {sum(o.rude for o in rude) / len(rude):.1%}"
            )
        return "\n".join(lines)


def evaluate(answer: Answer, questions: Iterable[Question]) -> Report:
    """Ask every question and score the replies; `answer` gets the messages so far."""
    return evaluate_batch(lambda chats: [answer(chat) for chat in chats], questions)


def evaluate_batch(
    answers: Callable[[list[list[Message]]], Sequence[str]], questions: Iterable[Question]
) -> Report:
    """Do the same for something that answers many conversations at once.

    It is called twice: with every question, and with those that go on after a tool's result.
    """
    asked = list(questions)
    chats = [[dict(message) for message in question.messages] for question in asked]
    replies = [[reply] for reply in _checked(answers(chats), len(chats))]
    waiting = []
    for i, question in enumerate(asked):
        expression = sums.called(replies[i][0]) if question.expect == "sum" else None
        if expression is not None:
            chats[i].append({"role": "assistant", "content": replies[i][0]})
            chats[i].append({"role": "tool", "content": _result(expression)})
            waiting.append(i)
    if waiting:
        more = _checked(answers([chats[i] for i in waiting]), len(waiting))
        for i, reply in zip(waiting, more, strict=True):
            replies[i].append(reply)
    outcomes = (score(question, *said) for question, said in zip(asked, replies, strict=True))
    return Report(tuple(outcomes))


def from_text(answer: Callable[[str], str]) -> Answer:
    """Let something that takes one string sit the examination.

    A single question is passed as it is; a longer conversation as `records.plain` writes it, with
    "Assistant:" at its end.
    """

    def reply(messages: list[Message]) -> str:
        if len(messages) == 1:
            return answer(messages[0]["content"])
        return answer(f"{plain(messages)} Assistant:")

    return reply


def wilson(correct: int, asked: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval for a share; it behaves at 0 % and 100 %."""
    if not 0 <= correct <= asked or asked == 0:
        raise ValueError(f"there is no share of {correct} right answers in {asked}")
    share = correct / asked
    middle = share + Z * Z / (2 * asked)
    half = Z * math.sqrt(share * (1 - share) / asked + Z * Z / (4 * asked * asked))
    scale = 1 + Z * Z / asked
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def _result(expression: str) -> str:
    try:
        return sums.calculate(expression)
    except ValueError:
        return "error"


def _checked(replies: Sequence[str], count: int) -> list[str]:
    replies = list(replies)
    if len(replies) != count:
        raise ValueError(f"{count} conversations were asked and {len(replies)} replies came back")
    for reply in replies:
        if not isinstance(reply, str):
            kind = type(reply).__name__
            raise TypeError(f"an answer must be text (str), and one was {kind}: {reply!r}")
    return replies
