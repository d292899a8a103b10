"""Questions that lead from one person through another, or through a shop, to the answer."""

from larkmoor.asking import QUESTIONS, SHOP_HOPS
from larkmoor.names import ATTRIBUTES, DESK, SHOP_ATTRIBUTES
from larkmoor.sentences import Speaker, kin_word, named
from larkmoor.splits import Splits
from larkmoor.town import Fact, World


def path(world: World, name: str, relation: str, attribute: str) -> list[Fact] | None:
    """Return the facts along the way, the answer last, or None if the desk cannot tell them all.

    From ("Ada Birch", "friend", "pet") the way has two facts: the friend and the friend's pet. From
    ("Ada Birch", "friend", "keeper") it has three: the friend, the friend's shop, its keeper.
    """
    steps = [relation, attribute]
    if attribute in SHOP_ATTRIBUTES and relation != "workplace":
        steps.insert(1, "workplace")
    facts: list[Fact] = []
    for step in steps:
        value = world.printed(name, step, DESK)
        if value is None:
            return None
        facts.append((name, step, value))
        name = value
    return facts


def phrasings(splits: Splits, facts: list[Fact], held_out: bool) -> tuple[int, ...]:
    """Return the numbers of the questions that end a path: for training, or for the examiner."""
    subject, attribute, _ = facts[-1]
    if attribute in ATTRIBUTES:
        return (splits.ask_held_out if held_out else splits.ask)[subject, attribute]
    half = len(SHOP_HOPS[attribute]) // 2
    every = tuple(range(len(SHOP_HOPS[attribute])))
    # Two of four for training, the other two (by turns) for the examiner.
    first = int(subject[4] > "K")
    return every[half:] if held_out == bool(first) else every[:half]


def question(world: World, facts: list[Fact], i: int, as_of: bool) -> str:
    """Return question i for a path of facts.

    `as_of` says "the best friend of Ada Birch" for "Ada Birch's best friend", where that fits.
    """
    start, relation, other = facts[0]
    attribute = facts[-1][1]
    templates = SHOP_HOPS if attribute in SHOP_ATTRIBUTES else QUESTIONS
    template = templates[attribute][i]
    if relation == "workplace":
        return template.format_map(named(start))
    role = "best friend" if relation == "friend" else kin_word(world.person(other))
    who = f"the {role} of {start}" if as_of else f"{start}'s {role}"
    return template.format_map(named(who))


def fits_as_of(facts: list[Fact], i: int) -> bool:
    """Return whether "the best friend of ..." reads well in question i: not with a possessive."""
    attribute = facts[-1][1]
    templates = SHOP_HOPS if attribute in SHOP_ATTRIBUTES else QUESTIONS
    return facts[0][1] != "workplace" and "{p}" not in templates[attribute][i]


def answer(speaker: Speaker, facts: list[Fact]) -> str:
    """Return the clerk's answer, which names every step of the way."""
    return " ".join(speaker.answer(*fact) for fact in facts)
