"""Plain text with headings and lists, cut into blocks that a template shows. Makes no HTML."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A piece of a text: "title", "heading", "list" (several lines) or "paragraph" (one)."""

    kind: str
    lines: list[str]


MARKS = {"# ": "title", "## ": "heading", "- ": "list"}


def blocks(text: str) -> list[Block]:
    """Cut at blank lines. A block is what the mark of its first line says: "# ", "## ", "- "."""
    return [block(piece) for piece in text.strip().split("\n\n")]


def block(piece: str) -> Block:
    for mark, kind in MARKS.items():
        if piece.startswith(mark):
            return Block(kind, [line.removeprefix(mark) for line in piece.splitlines()])
    return Block("paragraph", [" ".join(piece.splitlines())])
