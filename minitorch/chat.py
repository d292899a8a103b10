"""Talk to a model in the terminal: `python -m minitorch.chat`.

Without a terminal, as in a pipe, each line that comes in is a question, and its answer a line that
goes out.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from minitorch.chat_loop import Chat

INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"chat: {message}.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is the exit status."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return _chat(options).run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the answers, such as `head`, has seen enough
        # Python writes what is left of its output at the end: give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError) as error:  # a setting, or the model's folder
        print(f"chat: {error}.", file=sys.stderr)
        return 1


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m minitorch.chat",
        description="Talk to a model in the terminal. /help lists what else you can type.",
    )
    parser.add_argument(
        "--model", metavar="FOLDER", type=Path, help="a model's folder (default: the course's)"
    )
    parser.add_argument("--own", action="store_true", help="let your accepted answers do the work")
    parser.add_argument("--system", default="", metavar="TEXT", help="what the model is told first")
    parser.add_argument(
        "--temperature", type=float, default=0.0, metavar="T", help="0 is no chance (default)"
    )
    parser.add_argument("--top-k", type=int, default=0, metavar="K", help="0 is off (default)")
    parser.add_argument("--top-p", type=float, default=1.0, metavar="P", help="1 is off (default)")
    parser.add_argument("--min-p", type=float, default=0.0, metavar="P", help="0 is off (default)")
    parser.add_argument(
        "--repetition-penalty", type=float, default=1.0, metavar="X", help="1 is off (default)"
    )
    parser.add_argument(
        "--longest", type=int, default=200, metavar="N", help="tokens an answer may take (200)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="draw the same tokens every time")
    return parser


def _chat(options: argparse.Namespace) -> Chat:
    import numpy as np

    from minitorch import checkpoint, town
    from minitorch.blas import set_blas_threads
    from minitorch.chat_loop import Chat
    from minitorch.conversation import Conversation
    from minitorch.sampling import Settings

    settings = Settings(
        options.temperature,
        options.top_k,
        options.top_p,
        options.min_p,
        options.repetition_penalty,
        options.longest,
    )
    if options.seed is not None and options.seed < 0:
        raise ValueError(f"--seed is {options.seed}; it must be 0 or more")
    set_blas_threads(1)  # the products of a single token are too small to be divided
    folder = options.model or town.MODEL
    model = checkpoint.from_pretrained(folder) if options.model else town.course_model()
    tokenizer = checkpoint.load_tokenizer(folder)
    if options.own:
        print(own_code(), file=sys.stderr)
    rng = np.random.default_rng(options.seed)
    return Chat(Conversation(model, tokenizer, settings, rng, options.system))


def own_code() -> str:
    """Put the learner's accepted answers in place; what there is to say about that."""
    from coursekit import library
    from coursekit.session import reinstall
    from coursekit.workspace import workspace_here

    workspace = workspace_here()
    reinstall(workspace)
    count = len(library.installed())
    said = (
        f"{count} of your answers are in place, and compute."
        if count
        else ("No answer of yours is accepted yet: the library's own code computes.")
    )
    return "\n".join([*workspace.take_messages(), said])


if __name__ == "__main__":
    sys.exit(main())
