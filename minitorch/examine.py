"""Examine a model of Larkmoor: `python -m minitorch.examine [--model FOLDER] [--save]`.

It asks every question of the town's examination, greedily, and prints a score for each category
with its interval. With --save the table is also written to the folder, as evaluation.txt.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from minitorch import checkpoint, town
from minitorch.answering import answers
from minitorch.files import replace_file
from minitorch.safetensors_files import CheckpointError
from minitorch.sampling import Settings
from minitorch.tokenizer import Tokenizer
from minitorch.transformer import CausalLM

if TYPE_CHECKING:
    from larkmoor.evaluate import Report

RESULT = "evaluation.txt"
LONGEST = Settings(max_new_tokens=96)  # the longest right answer takes about sixty tokens


def examine(model: CausalLM, tokenizer: Tokenizer) -> Report:
    """Ask every question of the examination, the most likely token being taken each time."""
    from larkmoor import questions, world
    from larkmoor.evaluate import evaluate_batch

    reply = partial(answers, model, tokenizer, settings=LONGEST)
    return evaluate_batch(reply, questions(world(town.SEED)))


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m minitorch.examine", description=__doc__)
    parser.add_argument("--model", type=Path, default=town.MODEL, help="the model's folder")
    parser.add_argument("--save", action="store_true", help=f"write {RESULT} into the folder")
    options = parser.parse_args(arguments)
    try:
        model = checkpoint.from_pretrained(options.model)
    except CheckpointError as error:
        print(f"examine: {error}", file=sys.stderr)
        return 1
    report = examine(model, town.course_tokenizer())
    table = report.table() + f"\nknown people called unknown: {report.false_refusals():.1%}\n"
    print(table, end="")
    if options.save:
        replace_file(options.model / RESULT, table.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
