"""The loop of a chat: questions and commands in, answers out as they come."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import traceback
from time import perf_counter

from minitorch.conversation import Conversation
from minitorch.errors import ShapeError
from minitorch.sampling import SamplingError

HELP = """\
  /reset            forget what was said and begin again
  /history          show what was said
  /temperature 0.8  choose by chance: 0 is none, 1 the model's own probabilities
  /speed            show how fast answers come, or no longer
  /help             show this list
  /quit             end (so does Ctrl-D); Ctrl-C ends an answer"""

# What a model writes shall not steer the terminal.
UNSHOWN = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


class Chat:
    """A conversation at a terminal, or with whatever stands at the two ends of a pipe."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self.show_speed = self.at_terminal
        self.commands = {
            "/reset": self._reset,
            "/history": self._history,
            "/temperature": self._temperature,
            "/speed": self._speed,
            "/help": self._help,
        }

    def run(self) -> int:
        """Answer until there are no more questions; the result is the exit status."""
        if self.at_terminal:
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401  # lets a line be edited, and brings earlier ones back
            self._note("Ask about the town. /help lists what else you can type.")
        while (line := self._next_line()) is not None:
            command, _, rest = line.partition(" ")
            if command in ("/quit", "/exit"):
                break
            if command.startswith("/"):
                self.commands.get(command, self._unknown)(rest.strip() or "")
            elif line:
                self._answer(line)
        return 0

    def _next_line(self) -> str | None:
        """The next line without the blanks around it; None at the end."""
        while True:
            try:
                if not self.at_terminal:
                    line = sys.stdin.readline()
                    return line.lstrip("\ufeff").strip() if line else None
                return input("\nyou> ").strip()
            except EOFError:
                print()
                return None
            except KeyboardInterrupt:
                if not self.at_terminal:
                    raise
                print()
                self._note("/quit ends the chat.")

    def _answer(self, question: str) -> None:
        begun = perf_counter()
        pieces = self.conversation.reply(question)
        try:
            for piece in pieces:
                print(piece.translate(UNSHOWN), end="", flush=True)
            print(flush=True)
        except KeyboardInterrupt:
            pieces.close()
            print(flush=True)
            if not self.at_terminal:
                raise
            self._note("stopped")
        except (ShapeError, SamplingError) as error:
            self._note(f"{error}.")
        except BrokenPipeError:
            raise
        except Exception as error:  # in the learner's own code, as a rule
            print(flush=True)
            self._note(f"{_where(error)} raised {type(error).__name__}: {error}")
        for note in self.conversation.notes:
            self._note(note)
        if self.show_speed and self.conversation.tokens:
            seconds = max(perf_counter() - begun, 1e-9)
            count = self.conversation.tokens
            self._note(f"{count} tokens, {count / seconds:,.0f} a second")

    def _note(self, text: str) -> None:
        """Say something that the model did not say."""
        if self.at_terminal:
            print(f"\033[2m({text})\033[0m", flush=True)
        else:
            print(f"({text})", file=sys.stderr, flush=True)

    # -- commands -----------------------------------------------------------------------

    def _reset(self, _: str) -> None:
        self.conversation.reset()
        self._note("the conversation begins again")

    def _history(self, _: str) -> None:
        for message in self.conversation.messages:
            self._note(f"{message['role']}: {message['content']}")
        if not self.conversation.messages:
            self._note("nothing was said yet")

    def _temperature(self, value: str) -> None:
        settings = self.conversation.settings
        try:
            if value:
                settings = dataclasses.replace(settings, temperature=float(value))
        except SamplingError as error:
            self._note(f"{error}")
            return
        except ValueError:
            self._note(f"a temperature is a number, such as 0.8, not {value!r}")
            return
        self.conversation.settings = settings
        self._note(f"the temperature is {settings.temperature:g}")

    def _speed(self, _: str) -> None:
        self.show_speed = not self.show_speed
        self._note(f"the speed is {'shown' if self.show_speed else 'not shown'}")

    def _help(self, _: str) -> None:
        self._note("what you can type:\n" + HELP)

    def _unknown(self, _: str) -> None:
        self._note("there is no such command; /help lists them")


def _where(error: Exception) -> str:
    """The function that an error comes from, with its file and line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.name} ({frame.filename}, line {frame.lineno})"
