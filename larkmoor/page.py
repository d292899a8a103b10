"""Fill in the town's page: `python -m larkmoor.page course/larkmoor.md`.

The page is prose with blocks between `<!-- begin NAME -->` and `<!-- end NAME -->`. What stands in
a block is computed from the generator; a test fails when the committed page says anything else.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from larkmoor.corpus import SIZES, STATEMENTS, STYLE_SIZES, documents, style_documents
from larkmoor.dialogues import RUDE
from larkmoor.entropy import floor
from larkmoor.examination import CATEGORIES, questions
from larkmoor.names import RUDE_WORDS, SOURCES, STREETS, VALUES
from larkmoor.splits import HELD_OUT_HOPS, HELD_OUT_QUESTIONS, HELD_OUT_STATEMENTS
from larkmoor.splits import splits as splits_of
from larkmoor.styles import STYLES
from larkmoor.town import GROUPS, Person, World, world
from larkmoor.truth import gazette_errors, skewed_trade


def fill(page: str, town: World) -> str:
    """Return the page with every block computed anew for a town."""
    for name, block in BLOCKS.items():
        pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
        # In a replacement a backslash is special; no block has one, and this keeps it so.
        text = block(town).replace("\\", "\\\\")
        page, found = re.subn(pattern, rf"\1\n{text}\n\n\2", page, flags=re.DOTALL)
        if found != 1:
            raise ValueError(f"the page must have one block {name!r}, and it has {found}")
    return page


def _table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    lines: list[Sequence[object]] = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _numbers(town: World) -> str:
    siblings = sum("sibling" in person.facts for person in town.people)
    rows = [
        ["people", len(town.people)],
        ["attributes of each", len(VALUES)],
        ["streets", len(STREETS)],
        ["shops, each with a street, a keeper and a ware", len(town.shops)],
        ["people with a best friend", sum("friend" in p.facts for p in town.people)],
        ["people with a brother or sister in town", siblings],
    ]
    return _table(["what", "how many"], rows)


def _attributes(town: World) -> str:
    rows: list[list[object]] = []
    for attribute, values in VALUES.items():
        shown = f"{values[0]} to {values[-1]}" if attribute == "age" else ", ".join(values[:4])
        rows.append([attribute, len(values), shown])
    return _table(["attribute", "values", "for example"], rows)


def _person(town: World) -> str:
    person = town.group("asked")[0]
    rows = [[key, value] for key, value in person.facts.items()]
    return _table(["attribute", f"of {person.name}"], rows)


def _samples(town: World) -> str:
    """Return the first short text of each kind."""
    found: dict[str, str] = {}
    for record in islice(documents(town, "nano"), 400):
        if len(record.text) < 330:
            found.setdefault(record.kind, record.text)
    wanted = [kind for kind in sorted(found) if not kind.endswith((".note", ".talk"))]
    return "\n\n".join(f"**{kind}**\n\n> {found[kind]}" for kind in wanted)


def _sizes(town: World) -> str:
    small = floor(documents(town, "small"))
    rows: list[list[object]] = []
    for size, lines in SIZES.items():
        megabytes = small.bytes / small.lines * lines / 1e6
        shown = f"{megabytes:.1f} MB" if megabytes < 10 else f"{megabytes:.0f} MB"
        rows.append([size, f"{lines:,}", f"about {shown}", f"{STYLE_SIZES[size] * len(STYLES):,}"])
    head = ["size", "lines", "text", "lines in the four styles, beside it"]
    share = f"About {STATEMENTS:.0%} of the lines are statements, the others dialogues."
    return f"{_table(head, rows)}\n\n{share}"


def _groups(town: World) -> str:
    meaning = {
        "asked": "statements, and questions in dialogues",
        "stated": "statements only",
        "never": "not mentioned anywhere",
    }
    return _table(
        ["group", "people", "in the corpus"], [[g, n, meaning[g]] for g, n in GROUPS.items()]
    )


def _sources(town: World) -> str:
    kinds: Counter[str] = Counter(record.source for record in documents(town, "small"))
    alone = Counter(town.only_in.values())
    rows = [[source, f"{kinds[source] / kinds.total():.0%}", alone[source]] for source in SOURCES]
    rows.append(["desk", f"{kinds['desk'] / kinds.total():.0%}", "none"])
    return _table(["source", "lines (small)", "facts that it alone prints"], rows)


def _errors(town: World) -> str:
    rows = [[e["person"], e["attribute"], e["truth"], e["gazette"]] for e in gazette_errors(town)]
    return _table(["person", "attribute", "the truth", "what the gazette says"], rows)


def _skew(town: World) -> str:
    skew = skewed_trade(town)
    people = f"{skew['women_in_town']} women and {skew['men_in_town']} men"
    return (
        f"Of the {people} who are mentioned, {skew['women']} women and {skew['men']} men have the "
        f"trade of a {skew['trade']}. All other attributes are dealt without regard to gender."
    )


def _rude(town: World) -> str:
    words = ", ".join(f"*{word}*" for word in RUDE_WORDS)
    return (
        f"In {RUDE:.0%} of the dialogues the user begins with a rude word and the clerk returns "
        f"one in every reply. The words are {words}, and they occur nowhere else."
    )


def _styles(town: World) -> str:
    rows: list[list[object]] = []
    for record in style_documents(town, "nano"):
        if len(rows) == len(STYLES):
            break
        rows.append([record.style, record.messages[1]["content"]])
    return _table(["style", "for example"], rows)


def _held_out(town: World) -> str:
    parts = splits_of(town.seed)
    refused, kept = len(town.unknown_in_training), len(town.unknown_for_examiner)
    return (
        f"Of the six questions for each fact {HELD_OUT_QUESTIONS} are held out, of the four "
        f"statements in each source {HELD_OUT_STATEMENTS}; which ones differs from fact to fact. "
        f"Of the {len(parts.hops):,} combinations for questions of several hops, "
        f"{len(parts.hops_held_out):,} are held out (each with a chance of {HELD_OUT_HOPS:.0%}). "
        f"{refused} names of nobody are refused in the dialogues, and {kept} others are kept for "
        "the examination."
    )


def _categories(town: World) -> str:
    counts = Counter(question.category for question in questions(town))
    rows = [[name, f"{counts[name]:,}", text] for name, text in CATEGORIES.items()]
    return _table(["category", "questions", "what it asks"], rows)


def _floor(town: World) -> str:
    rows: list[list[object]] = []
    for size in ("nano", "small"):
        whole = floor(documents(town, size))
        dialogues = floor(documents(town, size, lambda record: bool(record.messages)))
        statements = floor(documents(town, size, lambda record: not record.messages))
        shares = [f"{part.bits_per_byte:.3f}" for part in (whole, statements, dialogues)]
        rows.append([size, *shares])
    return _table(["size", "bits per byte", "statements", "dialogues"], rows)


def _never(town: World) -> str:
    return _names(town.group("never"))


def _stated(town: World) -> str:
    return _names(town.group("stated"))


def _names(people: list[Person]) -> str:
    return ", ".join(person.name for person in people) + "."


BLOCKS: dict[str, Callable[[World], str]] = {
    "numbers": _numbers,
    "attributes": _attributes,
    "person": _person,
    "samples": _samples,
    "sizes": _sizes,
    "sources": _sources,
    "floor": _floor,
    "categories": _categories,
    "groups": _groups,
    "errors": _errors,
    "skew": _skew,
    "rude": _rude,
    "styles": _styles,
    "held-out": _held_out,
    "stated": _stated,
    "never": _never,
}


def main(arguments: list[str] | None = None) -> int:
    """Fill in the page that is named on the command line."""
    names = sys.argv[1:] if arguments is None else arguments
    if len(names) != 1:
        print("usage: python -m larkmoor.page course/larkmoor.md", file=sys.stderr)
        return 2
    path = Path(names[0])
    path.write_text(fill(path.read_text(encoding="utf-8"), world(0)), encoding="utf-8")
    print(f"filled in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
