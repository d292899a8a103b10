"""Everything that is planted in a town, as plain data for instructors and for later weeks."""

from larkmoor.dialogues import RUDE
from larkmoor.names import (
    NAMES_KEPT_FOR_THE_EXAMINER,
    RUDE_WORDS,
    SKEWED_TRADE,
    SOURCES,
    VALUES,
)
from larkmoor.splits import splits
from larkmoor.styles import STYLES
from larkmoor.town import GROUPS, World


def ground_truth(world: World) -> dict[str, object]:
    """Return what is true in the town, what is planted, and what is held out; JSON can hold it."""
    return {
        "seed": world.seed,
        "people": [
            {"name": p.name, "gender": p.gender, "group": p.group, "facts": p.facts}
            for p in world.people
        ],
        "shops": [{"name": shop.name, "facts": shop.facts} for shop in world.shops],
        "values": VALUES,
        "gazette_errors": gazette_errors(world),
        "only_in": {
            source: [[*key, world.value(*key)] for key, s in world.only_in.items() if s == source]
            for source in SOURCES
        },
        "skewed_trade": skewed_trade(world),
        "rude": {"words": list(RUDE_WORDS), "share_of_dialogues": RUDE},
        "styles": {name: list(phrases) for name, phrases in STYLES.items()},
        "groups": {name: [p.name for p in world.group(name)] for name in GROUPS},
        "unknown_names": {
            "refused_in_training": list(world.unknown_in_training),
            "for_the_examiner": list(world.unknown_for_examiner),
        },
        "user_names_for_the_examiner": list(NAMES_KEPT_FOR_THE_EXAMINER),
        "held_out": _held_out(world),
    }


def gazette_errors(world: World) -> list[dict[str, str]]:
    """Return the ten facts that the gazette misprints, each time in the same way."""
    return [
        {
            "person": name,
            "attribute": attribute,
            "truth": world.value(name, attribute),
            "gazette": wrong,
        }
        for (name, attribute), wrong in world.gazette_errors.items()
    ]


def skewed_trade(world: World) -> dict[str, object]:
    """Return the trade that is skewed by gender, with the counts among people who are mentioned."""
    mentioned = [p for p in world.people if p.group != "never"]
    holders = [p for p in mentioned if p.facts["trade"] == SKEWED_TRADE]
    return {
        "trade": SKEWED_TRADE,
        "women": sum(p.gender == "f" for p in holders),
        "men": sum(p.gender == "m" for p in holders),
        "women_in_town": sum(p.gender == "f" for p in mentioned),
        "men_in_town": sum(p.gender == "m" for p in mentioned),
    }


def _held_out(world: World) -> dict[str, object]:
    """Return the phrasings that the corpus never uses, by the same ids as in the sidecar."""
    parts = splits(world.seed)
    phrasings: dict[str, dict[str, list[str]]] = {}
    for (subject, attribute), numbers in parts.ask_held_out.items():
        ids = [f"ask.{attribute}.{i}" for i in numbers]
        for source in SOURCES:
            held_out = parts.state_held_out[source][subject, attribute]
            ids += [f"{source}.{attribute}.{i}" for i in held_out]
        phrasings.setdefault(subject, {})[attribute] = ids
    hops = [list(hop) for hop in parts.hops if hop in parts.hops_held_out]
    return {"phrasings": phrasings, "hops": hops}
