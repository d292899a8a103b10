"""Settings from a YAML or JSON file, with changes from the command line.

settings = read_settings("larkmoor.yaml", ["batch=8", "phases.0.lr=0.001"])
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from minitorch.settings import Settings, SettingsError, from_dict


def read_settings(path: str | Path, changes: Iterable[str] = ()) -> Settings:
    """Read and check the settings in a file; each change is a "name=value" that replaces one.

    A name may lead into what a setting is made of: "model.hidden_size", "phases.0.steps".
    """
    path = Path(path)
    parse = _parser(path)
    try:
        given = parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {(error.strerror or '').lower()}") from None
    except ValueError as error:
        raise SettingsError(f"{path} cannot be understood: {_one_line(error)}") from None
    if not isinstance(given, dict):
        raise SettingsError(f"{path} must hold settings as names and values")
    for change in changes:
        _apply(given, change, parse)
    return from_dict(given)


def _parser(path: Path) -> Callable[[str], Any]:
    """What reads the file: JSON's reader for a .json, else YAML's."""
    if path.suffix == ".json":
        return json.loads
    try:
        import yaml
    except ImportError:
        raise SettingsError(
            f"{path} is read with PyYAML, which is not installed: pip install PyYAML, or write "
            "the settings as JSON into a file whose name ends with .json"
        ) from None

    def parse(text: str) -> Any:
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from None

    return parse


def _apply(given: Any, change: str, parse: Callable[[str], Any]) -> None:
    """Replace the setting that a change names."""
    name, equals, text = change.partition("=")
    if not equals or not name:
        raise SettingsError(f"a change is written name=value, not {change!r}")
    try:
        value = parse(text)
    except ValueError:
        value = text  # a text without the quotes that JSON wants around it
    *way, last = name.split(".")
    for part in way:
        given = given[_key(given, part, name, new={})]
    given[_key(given, last, name, new=None)] = value


def _key(given: Any, part: str, name: str, new: Any) -> Any:
    """What leads to a part of a setting; in names and values it may be a new one."""
    if isinstance(given, dict):
        given.setdefault(part, new)
        return part
    if isinstance(given, list) and part.isdecimal() and int(part) < len(given):
        return int(part)
    raise SettingsError(f"{name!r} leads nowhere: there is no {part!r} in what is before it")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
