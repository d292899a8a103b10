"""What is whose: the parts of the library that a reader has written so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from coursekit import chapter, library, paths, source
from coursekit.report import html_text
from coursekit.workspace import Workspace


@dataclass
class Part:
    """One exercise as the overview shows it."""

    name: str
    points: int
    own: bool
    changed: bool


@dataclass
class Overview:
    """The weeks up to the one that begins, exercise by exercise."""

    heading: str
    weeks: dict[str, list[Part]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        lines = [self.heading]
        for title, parts in self.weeks.items():
            lines.append(f"  {title}: {_count(parts)}")
            own = [part.name for part in parts if part.own]
            if own:
                lines.append(f"    yours: {', '.join(own)}")
        return "\n".join([*lines, *self.messages])

    def _repr_html_(self) -> str:
        cell = "padding:.15em 1em .15em 0;border:0;text-align:left;vertical-align:top"
        rows = "".join(
            f'<tr style="background:none"><td style="{cell}">{escape(title)}</td>'
            f'<td style="{cell}">{_count(parts)}</td><td style="{cell}">{_names(parts)}</td></tr>'
            for title, parts in self.weeks.items()
        )
        notes = "".join(f"<p style='margin:.3em 0'>{html_text(m)}</p>" for m in self.messages)
        return (
            '<div class="course-overview" style="border-left:3px solid currentColor;'
            f'padding:.2em 0 .3em 1em"><strong>{escape(self.heading)}</strong>'
            f'<table style="margin:.4em 0;border-collapse:collapse">{rows}</table>{notes}</div>'
        )


def overview(workspace: Workspace, week: int) -> Overview:
    """Show the weeks up to this one, and what the reader should know about the answers."""
    result = Overview(f"Week {week}: {chapter.title(week)}")
    progress = workspace.progress()
    in_place = library.installed()
    for number in paths.weeks():
        if number > week:
            break
        parts = []
        for card in chapter.exercises(number):
            kept = progress.get(card.name, {})
            contract = kept.get("contract")
            own = card.name in in_place
            changed = own and contract is not None and contract != source.stub_hash(card.name)
            parts.append(Part(card.name, card.points, own, changed))
        title = f"Week {number}, {chapter.title(number)}"
        result.weeks["This week" if number == week else title] = parts
    result.messages += workspace.take_messages()
    for parts in result.weeks.values():
        for part in parts:
            if part.changed:
                result.messages.append(
                    f"The exercise `{part.name}` has changed since you solved it. Your answer "
                    "is still in place; check it again."
                )
    if workspace.folder is None:
        result.messages.append("This is a solved notebook: nothing is kept from it.")
    return result


def _count(parts: list[Part]) -> str:
    own = [part for part in parts if part.own]
    return f"{len(own)} of {len(parts)} exercises are yours"


def _names(parts: list[Part]) -> str:
    return ", ".join(f"<code>{escape(part.name)}</code>" for part in parts if part.own)
