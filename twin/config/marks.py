"""Reads one YAML 1.2 file into plain values and remembers where each stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from twin.errors import Faults

MAX_BYTES = 1_000_000
KeyPath = tuple[str, ...]
_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "timestamp"))


class Place(NamedTuple):
    """Where a key and its value stand."""

    source: str
    key: str
    value: str


@dataclass
class Document:
    """A mapping read from one source, with the place of every key in it."""

    source: str
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)


def read_document(path: Path, name: str, faults: Faults) -> Document:
    """Read a scenario file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What to call it in messages.
    faults : Faults
        Receives everything that is wrong with the file.

    Returns
    -------
    Document
        What could be read; empty when nothing could.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        faults.add(name, (error.strerror or str(error)).lower(), "a readable YAML file", "check the path")
        return Document(name)
    if len(raw) > MAX_BYTES:
        faults.add(name, "more than 1 MB", "a file of settings", "keep tables in CSV or Parquet")
        return Document(name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        faults.add(f"{name}:{line}", "bytes that are not UTF-8", "UTF-8 text", "save the file as UTF-8")
        return Document(name)
    return _Reader(name, faults).document(text)


def read_scalar(text: str) -> Any:
    """Read one value as YAML would, e.g. `0.1`, `true`, `2027-10-01` or `{GD: 1.2}`.

    Raises
    ------
    ValueError
        The text is not one YAML value; the message says why.
    """
    faults = Faults()
    reader = _Reader("", faults)
    node = reader.compose(text)
    value = None if node is None else reader.build(node, ())
    if faults:
        raise ValueError(re.sub(r"^:\d+:\d+: ", "", faults.message().splitlines()[0]))
    return value


class _Reader:
    """Builds plain values from the node tree of one source, collecting faults."""

    def __init__(self, source: str, faults: Faults) -> None:
        self.source = source
        self.faults = faults
        self.places: dict[KeyPath, Place] = {}
        self.yaml = YAML(typ="safe", pure=True)
        self.seen: set[int] = set()

    def document(self, text: str) -> Document:
        node = self.compose(text)
        if node is None:
            return Document(self.source)
        if not isinstance(node, MappingNode):
            self.faults.add(self.at(node), "no 'key: value' lines", "sections such as 'fleet:'", "see default.yaml")
            return Document(self.source)
        values = self.build(node, ())
        return Document(self.source, values, self.places)

    def at(self, node: Node) -> str:
        return f"{self.source}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"

    def compose(self, text: str) -> Node | None:
        # A %YAML 1.1 line would turn NO into false and 18:30 into 1110.
        directive = re.search(r"(?m)^%.*", text)
        if directive:
            line = text.count("\n", 0, directive.start()) + 1
            self.faults.add(f"{self.source}:{line}:1", "a '%' directive", "plain YAML 1.2", "remove the line")
            return None
        try:
            node: Node | None = self.yaml.compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{self.source}:{mark.line + 1}:{mark.column + 1}" if mark else self.source
            self.faults.add(where, f"YAML that cannot be read ({error.problem or error.context})", "YAML 1.2")
        except (YAMLError, ValueError, RecursionError, AttributeError, TypeError) as error:
            # ruamel's scanner lets a few plain exceptions out on garbled text.
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            self.faults.add(self.source, f"YAML that cannot be read ({reason})", "YAML 1.2")
        else:
            return node
        return None

    def build(self, node: Node, path: KeyPath) -> Any:
        if id(node) in self.seen:
            self.faults.add(self.at(node), "an alias of this value", "each value written out", "repeat the value")
            return None
        self.seen.add(id(node))
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, str(index))) for index, item in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        first: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            if not isinstance(key, str) or key_node.tag == "tag:yaml.org,2002:merge":
                self.faults.add(self.at(key_node), "a key that is not a word", "'key: value'")
                continue
            here = (*path, key)
            if key in first:
                found = f"the key '{'.'.join(here)}' a second time, first on line {first[key].start_mark.line + 1}"
                self.faults.add(self.at(key_node), found, "each key once", "remove one of them")
                continue
            first[key] = key_node
            self.places[here] = Place(self.source, self.at(key_node), self.at(value_node))
            values[key] = self.build(value_node, here)
        return values

    def scalar(self, node: Node) -> Any:
        if node.tag not in _TAGS:
            self.faults.add(self.at(node), f"the tag {node.tag}", "a plain value", "remove the tag")
            return None
        try:
            return self.yaml.constructor.construct_object(node, deep=True)
        except (YAMLError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            self.faults.add(self.at(node), f"'{str(node.value)[:60]}' ({reason})", "a plain value")
            return None
