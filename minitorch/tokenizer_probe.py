"""The command `python -m minitorch.tokenizer`: how a text is cut into tokens."""

from __future__ import annotations

import argparse
import sys

from minitorch import town
from minitorch.tokenizer import Tokenizer, TokenizerError


def main(arguments: list[str] | None = None) -> int:
    """Print a table of a text's tokens; the result is the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch.tokenizer",
        description="Show how a text is cut into tokens: ids, bytes and text.",
    )
    parser.add_argument(
        "text", nargs="?", help="the text; without it, what comes on standard input"
    )
    parser.add_argument(
        "--tokenizer", metavar="FOLDER", help="a folder with tokenizer.json (default: the course's)"
    )
    parser.add_argument(
        "--special", action="store_true", help="recognize special tokens such as <|end|>"
    )
    parser.add_argument(
        "--save", metavar="FOLDER", help="write the tokenizer into a folder and print its hash"
    )
    args = parser.parse_args(arguments)
    try:
        tokenizer = Tokenizer.load(args.tokenizer) if args.tokenizer else town.course_tokenizer()
        if args.save:
            tokenizer.save(args.save)
            print(f"{args.save}: {len(tokenizer)} tokens, {tokenizer.fingerprint()}")
        if args.text is not None or not args.save:
            text = sys.stdin.read() if args.text is None else args.text
            print(table(tokenizer, text, args.special))
    except TokenizerError as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{args.save} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def table(tokenizer: Tokenizer, text: str, special: bool = False) -> str:
    """Return a line for each token, and the sums below."""
    ids = tokenizer.encode(text, allowed=tokenizer.special if special else ())
    rows = [("place", "id", "bytes", "text")]
    for place, id in enumerate(ids):
        data = tokenizer.bytes_of(id)
        name = tokenizer.name_of(id)
        rows.append((str(place), str(id), "" if name else data.hex(" "), name or shown(data)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{row[0]:>{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip()
        for row in rows
    ]
    size = len(text.encode("utf-8", "surrogateescape"))
    return "\n".join([*lines, f"{count(len(ids), 'token')} for {count(size, 'byte')}"])


def shown(data: bytes) -> str:
    """Return a token's text in quotation marks, or nothing for a part of a character."""
    try:
        return repr(data.decode())
    except UnicodeDecodeError:
        return "(a part of a character)"


def count(number: int, what: str) -> str:
    """Return "1 token" or "2 tokens"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
