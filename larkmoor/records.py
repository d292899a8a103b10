"""One line of the corpus with everything that is known about it."""

import json
from dataclasses import dataclass, field

from larkmoor.town import Fact

Message = dict[str, str]  # {"role": "system" | "user" | "assistant" | "tool", "content": ...}


@dataclass(slots=True)
class Record:
    """A statement text or a dialogue: its text, and where each part of it comes from."""

    kind: str  # such as "almanac.entry" or "dialogue.facts"
    source: str  # "almanac", "gazette", "letters", or "desk" for dialogues that draw on them all
    text: str = ""  # one line; a dialogue is written out by `plain`
    messages: list[Message] = field(default_factory=list)  # of a dialogue; else empty
    facts: list[Fact] = field(default_factory=list)  # as the source states them, errors included
    phrasings: list[str] = field(default_factory=list)  # one for each fact, such as "letters.pet.2"
    people: list[str] = field(default_factory=list)  # every full name that occurs, known or not
    style: str | None = None
    rude: bool = False
    id: str = ""
    split: str = "train"
    bits: float = 0.0  # information in the choices that made the text (see `entropy.py`)

    def mention(self, name: str) -> None:
        """Note that a person's name occurs."""
        if name not in self.people:
            self.people.append(name)

    def state(self, subject: str, attribute: str, value: str, phrasing: str) -> None:
        """Note that a fact is stated, and with which phrasing."""
        self.facts.append((subject, attribute, value))
        self.phrasings.append(phrasing)
        if attribute in ("friend", "sibling", "keeper"):
            self.mention(value)
        if not subject.startswith("the "):
            self.mention(subject)

    def sidecar(self) -> str:
        """Return the line of JSON that goes beside the text."""
        line: dict[str, object] = {
            "id": self.id,
            "kind": self.kind,
            "source": self.source,
            "split": self.split,
            "facts": self.facts,
            "phrasings": self.phrasings,
            "people": self.people,
        }
        if self.messages:
            line["rude"] = self.rude
            line["style"] = self.style
            line["messages"] = self.messages
        return json.dumps(line)


def plain(messages: list[Message]) -> str:
    """Write a dialogue on one line, each turn after its role: "User: ... Assistant: ..."."""
    return " ".join(f"{m['role'].capitalize()}: {m['content']}" for m in messages)
