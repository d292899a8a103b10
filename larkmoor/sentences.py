"""Putting a fact into words: names, pronouns, possessives, articles."""

from larkmoor.asking import ANSWERS, QUESTIONS
from larkmoor.names import SHOP_ATTRIBUTES
from larkmoor.phrases import STATEMENTS
from larkmoor.town import Person, Shop, World

Fields = dict[str, str]

_PRONOUNS = {"f": ("she", "her", "her"), "m": ("he", "his", "him"), "it": ("it", "its", "it")}


def article(noun: str) -> str:
    """Return the noun with "a" or "an" before it."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def capital(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def named(name: str, gender: str = "it") -> Fields:
    """Return the fields of a subject that is spoken of by name."""
    return _fields(name, f"{name}'s", name, gender)


def pronoun(gender: str) -> Fields:
    """Return the fields of a subject that is spoken of as she, he or it."""
    return _fields(*_PRONOUNS[gender], gender)


def _fields(subject: str, possessive: str, object_form: str, gender: str) -> Fields:
    she, her, her_object = _PRONOUNS[gender]
    return {
        "s": subject,
        "S": capital(subject),
        "p": possessive,
        "P": capital(possessive),
        "o": object_form,
        "e": she,
        "h": her,
        "m": her_object,
    }


class Speaker:
    """Phrases facts of one world; it holds the fields of every subject, for speed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._named = {s.name: named(s.name, gender_of(s)) for s in world.by_name.values()}
        self._pronouns = {gender: pronoun(gender) for gender in _PRONOUNS}

    def name(self, subject: str) -> Fields:
        """Return the fields of a subject by name."""
        return self._named[subject]

    def pronoun(self, subject: str) -> Fields:
        """Return the fields of a subject by pronoun."""
        return self._pronouns[gender_of(self.world.by_name[subject])]

    def kin(self, person: str) -> Fields:
        """Return {r}, what the sibling is to the person, and {q}, what the person is to them."""
        one = self.world.person(person)
        other = self.world.person(one.facts["sibling"])
        return {"r": kin_word(other), "q": kin_word(one)}

    def fill(self, template: str, subject: Fields, name: str, attribute: str, value: str) -> str:
        """Return the template with all its fields filled in."""
        fields = subject | {"v": value}
        if attribute == "sibling":
            fields |= self.kin(name)
        elif attribute in ("trade", "pet"):
            fields["a"] = article(value)
        if value.startswith("the "):
            fields["V"] = capital(value)
        else:
            fields["V"] = value
        return template.format_map(fields)

    def state(
        self, source: str, subject: Fields, name: str, attribute: str, value: str, i: int
    ) -> str:
        """Return phrasing i in which a source states a fact."""
        return self.fill(STATEMENTS[source][attribute][i], subject, name, attribute, value)

    def ask(self, subject: Fields, name: str, attribute: str, i: int) -> str:
        """Return question i about an attribute."""
        fields = subject | self.kin(name) if attribute == "sibling" else subject
        return QUESTIONS[attribute][i].format_map(fields)

    def answer(self, name: str, attribute: str, value: str, i: int = 0) -> str:
        """Return the clerk's answer, always with the full name."""
        return self.fill(ANSWERS[attribute][i], self._named[name], name, attribute, value)


def gender_of(subject: Person | Shop) -> str:
    """Return "f", "m" or, for a shop, "it"."""
    return subject.gender if isinstance(subject, Person) else "it"


def kin_word(person: Person) -> str:
    """Return "sister" or "brother"."""
    return "sister" if person.gender == "f" else "brother"


def attributes_of(subject: Person | Shop) -> list[str]:
    """Return the attributes that a subject has, in a fixed order."""
    if isinstance(subject, Shop):
        return list(SHOP_ATTRIBUTES)
    return list(subject.facts)


def join_names(names: list[str]) -> str:
    """Return "A", "A and B" or "A, B, and C"."""
    if len(names) < 3:
        return " and ".join(names)
    return ", ".join(names[:-1]) + f", and {names[-1]}"


def turn_into_follow_up(question: str) -> str:
    """Return "And where does she live?" for "Where does she live?"."""
    return f"And {question[0].lower()}{question[1:]}"
