"""A conversation with a model: what was said so far, what still fits, and its calculator."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

import numpy as np

from minitorch.answering import ends_of_answers, fitting
from minitorch.chat_template import Message, encode_chat
from minitorch.generation import GREEDY, Reader, generate
from minitorch.sampling import Settings
from minitorch.text_stream import stream_text
from minitorch.tokenizer import Tokenizer
from minitorch.transformer import CausalLM

CALL = '{"tool": '
MOST_CALLS = 3  # of the calculator, before a question counts as answered


class Conversation:
    """A model, and all that was said: each question is answered in the light of what came before.

    `messages` is the conversation, `settings` how tokens are chosen. After an answer `tokens` is
    the number of tokens it took, and `notes` says what else happened: turns that no longer fit
    into the model's context, sums that were worked out.
    """

    def __init__(
        self,
        model: CausalLM,
        tokenizer: Tokenizer,
        settings: Settings = GREEDY,
        rng: np.random.Generator | None = None,
        system: str = "",
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.settings = settings
        self.rng = rng or np.random.default_rng()
        self.reader = Reader(model)
        self.ends = ends_of_answers(tokenizer)
        self.system: list[Message] = [{"role": "system", "content": system}] if system else []
        self.messages = list(self.system)
        self.notes: list[str] = []
        self.tokens = 0

    def reset(self) -> None:
        """Forget what was said; a system message stays."""
        self.messages = list(self.system)

    def reply(self, question: str) -> Generator[str, None, None]:
        """Yield the answer to a question piece by piece, and remember both.

        If whoever listens has heard enough and closes the iterator, or presses Ctrl-C, what was
        said until then is remembered. If nothing was said, or an error came, the question is
        forgotten.
        """
        before = list(self.messages)
        self.messages.append({"role": "user", "content": question})
        self.notes, self.tokens = [], 0
        spoken: list[str] = []
        try:
            for _ in range(MOST_CALLS):
                said: list[str] = []
                for piece in _spoken(self._heard(said)):
                    spoken.append(piece)
                    yield piece
                self.messages.append({"role": "assistant", "content": "".join(said)})
                if not self._calculated("".join(said)):
                    return
        except BaseException as error:
            if isinstance(error, Exception) or not spoken:
                self.messages = before
            else:
                self.messages.append({"role": "assistant", "content": "".join(spoken)})
            raise

    def _heard(self, said: list[str]) -> Iterator[str]:
        """The next answer of the model, noted in `said` piece by piece."""
        window = self.reader.capacity
        reserve = min(self.settings.max_new_tokens, window // 2)
        self.messages, dropped = fitting(self.tokenizer, self.messages, window - reserve)
        if dropped:
            self.notes.append(
                f"the model reads {window} tokens at once: the oldest {dropped} messages are "
                "forgotten"
            )
        ids = encode_chat(self.tokenizer, self.messages, ask=True)[0]
        tokens = generate(
            self.model, ids, self.settings, self.rng, reader=self.reader, end=self.ends
        )
        for piece in stream_text(self.tokenizer, self._counted(tokens)):
            said.append(piece)
            yield piece

    def _counted(self, tokens: Iterable[int]) -> Iterator[int]:
        for token in tokens:
            self.tokens += 1
            yield token

    def _calculated(self, said: str) -> bool:
        """Answer a call of the calculator with a message of its own; whether there was one."""
        if not said.startswith(CALL):
            return False
        from larkmoor import sums

        expression = sums.called(said)
        if expression is None:
            return False
        try:
            result = sums.calculate(expression)
        except ValueError:
            result = "error"
        self.notes.append(f"calculator: {expression} = {result}")
        self.messages.append({"role": "tool", "content": result})
        return True


def _spoken(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces of an answer, or nothing if it is a call of a tool."""
    held, speaking = "", False
    for piece in pieces:
        held += piece
        speaking = speaking or not (CALL.startswith(held) or held.startswith(CALL))
        if speaking:
            yield held
            held = ""
    if held and not held.startswith(CALL):
        yield held
