"""From a scenario file, what it extends and what the command line sets, to one checked configuration."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from twin.config.files import FILE_SETTINGS, place_files
from twin.config.marks import Document, KeyPath, Place, read_document, read_scalar
from twin.config.model import Config
from twin.errors import ConfigError, Faults


def load(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read, merge and check a scenario.

    Parameters
    ----------
    path : str or Path
        A YAML 1.2 file; it may name another in its folder, or below, with `extends:`.
    overrides : sequence of str
        Settings `section.key=value` that win over the files; the value is read as YAML.

    Returns
    -------
    Config
        Every setting with its value.

    Raises
    ------
    ConfigError
        Anything is wrong with the files or the settings; every fault has a line with its place.
    """
    faults = Faults()
    documents = [*_chain(Path(path), faults), _from_overrides(overrides, faults)]
    values: dict[str, Any] = {}
    places: dict[KeyPath, Place] = {}
    for document in documents:
        where = {key: document.places[key].value for key in FILE_SETTINGS if key in document.places}
        place_files(document.values, Path(document.source).parent if document.source != "--set" else Path(), where, faults)
        _merge(values, document.values)
        places.update(document.places)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        _explain(error, places, faults)
    faults.raise_if_any(ConfigError)
    return config


def _chain(path: Path, faults: Faults) -> list[Document]:
    """Read a file and all that it extends, the most basic first."""
    root = _resolved(path).parent
    documents: list[Document] = []
    names = {_resolved(path): str(path)}
    here = path
    while True:
        document = read_document(here, str(here), faults)
        documents.insert(0, document)
        _drop_empty_sections(document)
        base = document.values.pop("extends", None)
        place = document.places.pop(("extends",), None)
        if base is None or place is None:
            return documents
        refusal = _refusal(here, base, root, names)
        if refusal is not None:
            faults.add(f"{place.value}: extends", *refusal)
            return documents
        here = here.parent / base
        names[_resolved(here)] = str(here)


def _refusal(here: Path, base: object, root: Path, names: dict[Path, str]) -> tuple[str, str, str] | None:
    """Say what was found, wanted and is to be done if `here` cannot extend `base`."""
    if not isinstance(base, str):
        return _short(base), "the name of one YAML file", "write it as text"
    target = _resolved(here.parent / base)
    if target in names:
        chain = " -> ".join([*names.values(), names[target]])
        return f"a circle: {chain}", "a chain with an end", "remove one extends"
    if not target.is_relative_to(root):
        return _short(base), "a file in the folder of the scenario or below it", "copy the file there"
    try:
        is_file = target.is_file()
    except (OSError, ValueError):
        is_file = False
    return None if is_file else (f"{_short(base)}, which is not a file", "a YAML file", "check the name")


def _resolved(path: Path) -> Path:
    """Follow links where that is possible; a name that no file can have stays as it is."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()


def _drop_empty_sections(document: Document) -> None:
    """Read `fleet:` with nothing under it as no override."""
    for section in Config.model_fields:
        if section in document.values and document.values[section] is None:
            del document.values[section]


def _from_overrides(overrides: Sequence[str], faults: Faults) -> Document:
    """Turn `a.b=c` settings into a document of their own."""
    document = Document("--set")
    for override in overrides:
        key, equals, text = override.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        if not equals or len(path) < 2 or not all(path):
            faults.add(f"--set {override}", "", "section.key=value, e.g. fleet.sample=0.01")
            continue
        try:
            value = read_scalar(text)
        except ValueError as error:
            faults.add(f"--set {override}", str(error), "a YAML value after '='")
            continue
        nested: Any = value
        for part in reversed(path):
            nested = {part: nested}
        _merge(document.values, nested)
        where = f"--set {'.'.join(path)}"
        for depth in range(1, len(path) + 1):
            document.places[path[:depth]] = Place("--set", where, where)
    return document


def _merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    """Let `over` win, mapping by mapping."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _explain(error: ValidationError, places: dict[KeyPath, Place], faults: Faults) -> None:
    """One fault per setting that is wrong, each at its place, in the order of the places."""
    by_path: dict[KeyPath, list[tuple[str, str]]] = {}
    for item in error.errors(include_url=False):
        loc = tuple(str(part) for part in item["loc"])
        path = _known(loc, places)
        if item["type"] == "extra_forbidden":
            by_path.setdefault(path, []).append(("key", "unknown key" + _suggestion(path)))
        else:
            text = item["msg"].removeprefix("Value error, ")
            kind = "key" if loc[-1:] == ("[key]",) else "value"
            by_path.setdefault(path, []).append((kind, f"{text} (got {_short(item['input'])})"))
    for path, found in by_path.items():
        kind = found[0][0]
        texts = [text for _, text in found]
        if len(texts) > 1:
            # The members of a union fail one by one about the same value.
            texts = [text.rpartition(" (got ")[0] for text in texts[:-1]] + texts[-1:]
        place = places.get(path)
        where = "configuration" if place is None else place.key if kind == "key" else place.value
        dotted = "" if where.startswith("--set") else f"{'.'.join(path)}: " if path else ""
        faults.add(f"{where}: {dotted}{' or '.join(texts)}")


def _known(loc: KeyPath, places: dict[KeyPath, Place]) -> KeyPath:
    """The longest leading part of a pydantic location that stands somewhere."""
    for depth in range(len(loc), 0, -1):
        if loc[:depth] in places:
            return loc[:depth]
    return loc[:1]


def _suggestion(path: KeyPath) -> str:
    """Name the nearest key that exists beside an unknown one."""
    model: type[BaseModel] = Config
    for part in path[:-1]:
        section = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(section, type) and issubclass(section, BaseModel)):
            return ""
        model = section
    near = difflib.get_close_matches(path[-1], model.model_fields, n=1)
    if near:
        return f", did you mean '{near[0]}'?"
    homes = [name for name, info in Config.model_fields.items() if path[-1] in _keys(info.annotation)]
    return f", it belongs to '{homes[0]}'" if homes else f", wanted one of: {', '.join(model.model_fields)}"


def _keys(section: object) -> Sequence[str]:
    return list(section.model_fields) if isinstance(section, type) and issubclass(section, BaseModel) else []


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
