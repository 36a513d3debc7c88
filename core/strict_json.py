"""JSON from outside, read field by field; what is refused is refused with its place and reason."""

import json
from dataclasses import dataclass


class Malformed(ValueError):
    """The input is not what was asked for; the message says where and why."""


@dataclass(frozen=True)
class Node:
    """A value and the path to it, such as `rules[0].from`."""

    value: object
    path: str

    def refused(self, reason: str) -> Malformed:
        return Malformed(f"{self.path or 'The input'}: {reason}")

    def has(self, name: str) -> bool:
        return isinstance(self.value, dict) and name in self.value

    def members(self, *required: str, optional: tuple[str, ...] = ()) -> dict[str, "Node"]:
        """
        :raises Malformed: if it is no object, or lacks a required member, or has an unknown one
        """
        if not isinstance(self.value, dict):
            raise self.refused("must be an object.")
        for name in required:
            if name not in self.value:
                raise self.refused(f"lacks {name!r}.")
        for name in self.value:
            if name not in required and name not in optional:
                raise self.refused(f"has an unknown member {name[:40]!r}.")
        return {name: Node(value, self._path_to(name)) for name, value in self.value.items()}

    def elements(self) -> list["Node"]:
        """
        :raises Malformed: if it is no array
        """
        if not isinstance(self.value, list):
            raise self.refused("must be an array.")
        return [Node(value, f"{self.path}[{i}]") for i, value in enumerate(self.value)]

    def text(self) -> str:
        """
        :raises Malformed: if it is no string
        """
        if not isinstance(self.value, str):
            raise self.refused("must be a string.")
        return self.value

    def whole_number(self, *, least: int, most: int) -> int:
        """
        :raises Malformed: if it is no whole number in this range; `true` and `5.0` are none
        """
        if type(self.value) is not int or not least <= self.value <= most:
            raise self.refused(f"must be a whole number from {least} to {most}.")
        return self.value

    def _path_to(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def parse(document: bytes) -> Node:
    """
    Read RFC 8259 JSON and no more: no NaN or Infinity, no name twice in one object, and no half of
    a surrogate pair, which could not be written out again.

    :raises Malformed: if it is not that
    """
    try:
        value = json.loads(document, object_pairs_hook=_object, parse_constant=_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise Malformed("The input is nested too deeply.") from error
    except ValueError as error:
        raise Malformed(f"The input is not JSON: {error}.") from error
    return Node(value, "")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError(f"a name occurs twice in the object of {', '.join(members)}"[:200])
    return members


def _constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")
