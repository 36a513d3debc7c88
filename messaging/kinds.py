"""The kinds of file that may be attached, and what the first bytes of each must say.

Only looked at here, never decoded: what decodes runs in a process of its own (`cleaning`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# Begins each part of a JPEG. The codes left out have no part of their own (ITU T.81, table B.1).
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those three hold tables
START, END, SCAN = 0xD8, 0xD9, 0xDA
MOST_MARKERS = 1000  # a photo has some dozens; a file made of nothing else has millions
MOST_SCANS = 100  # a progressive photo has a dozen; each draws the whole picture once more
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")  # but tab, line and page ends


class Reason(TextChoices):
    """Why a file is not passed on. The label is what people read."""

    EMPTY = "empty", _("There is nothing in it.")
    TOO_LARGE = "too-large", _("It is larger than 10 MB, which is the most that fits.")
    OTHER_KIND = "other-kind", _("We take photos (JPEG, PNG, WebP), PDF and plain text.")
    MISNAMED = "misnamed", _("Its name says one kind of file, and it is another.")
    TOO_MANY_PIXELS = "too-many-pixels", _("The picture has more than 50 megapixels.")
    TOO_MANY_SCANS = (
        "too-many-scans",
        _("The picture is made in an unusual way. Save it anew, then send that."),
    )
    NOT_UTF8 = "not-utf-8", _("It is not in UTF-8. Save it as UTF-8 text, then send that.")
    ENCRYPTED = "encrypted", _("It is protected. Save it without a password, then send that.")
    UNREADABLE = "unreadable", _("We could not read it. It may be damaged.")
    INFECTED = "infected", _("The virus check found something in it, so it goes to nobody.")


class ContentType(TextChoices):
    JPEG = "image/jpeg", _("Photo")
    PNG = "image/png", _("Picture")
    WEBP = "image/webp", _("Picture")
    PDF = "application/pdf", _("PDF")
    TEXT = "text/plain", _("Text")


class Refused(Exception):
    """The file cannot be passed on."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


Size = tuple[int, int]


@dataclass(frozen=True)
class Kind:
    content_type: ContentType
    extensions: tuple[str, ...]  # the first is the one that a copy is given
    begins: Callable[[bytes], bool]
    measure: Callable[[bytes], Size] | None = None  # width and height, read from the header


def png_size(content: bytes) -> Size:
    if content[12:16] != b"IHDR":
        raise ValueError("no header")
    return number(content[16:20]), number(content[20:24])


def jpeg_size(content: bytes) -> Size:
    """Of the first frame, if the file has no more scans than a photo has."""
    size, scans = None, 0
    for kind, at in jpeg_parts(content):
        if kind in FRAMES and size is None:
            size = number(content[at + 5 : at + 7]), number(content[at + 3 : at + 5])
        scans += kind == SCAN
        if scans > MOST_SCANS:
            raise Refused(Reason.TOO_MANY_SCANS)
    if size is None:
        raise ValueError("no frame")
    return size


def jpeg_parts(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the kind of each part of the first picture, and where its length stands (T.81, B.1.1).

    What a decoder would skip is skipped, so that it finds no part that is not found here.

    :raises ValueError: more than any photo has
    """
    at = 2
    for _marker in range(MOST_MARKERS):
        found = MARKER.search(content, at)
        if found is None or (kind := content[found.end() - 1]) in (START, END):
            return  # a second picture, or the film that some phones append, is nobody's to read
        yield kind, found.end()
        at = found.end() + max(number(content[found.end() : found.end() + 2]), 2)
    raise ValueError("too many parts")


def webp_size(content: bytes) -> Size:
    """Of its three forms: lossy, lossless, extended (RFC 9649, 2.5 to 2.7)."""
    form, at = content[12:16], 20
    if form == b"VP8X":
        return 1 + little(content[at + 4 : at + 7]), 1 + little(content[at + 7 : at + 10])
    if form == b"VP8L":
        bits = little(content[at + 1 : at + 5])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        width, height = little(content[at + 6 : at + 8]), little(content[at + 8 : at + 10])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no known form")


def number(some: bytes) -> int:
    return int.from_bytes(some, "big")


def little(some: bytes) -> int:
    return int.from_bytes(some, "little")


def is_text(content: bytes) -> bool:
    """Whether nothing in it is what a terminal would take for a command.

    :raises Refused: not UTF-8
    """
    try:
        return not CONTROLS.search(content.decode())
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_UTF8) from None


KINDS = (
    Kind(
        ContentType.JPEG, ("jpg", "jpeg"), lambda head: head.startswith(b"\xff\xd8\xff"), jpeg_size
    ),
    Kind(ContentType.PNG, ("png",), lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), png_size),
    Kind(
        ContentType.WEBP,
        ("webp",),
        lambda head: (head[:4], head[8:12]) == (b"RIFF", b"WEBP"),
        webp_size,
    ),
    Kind(ContentType.PDF, ("pdf",), lambda head: head.startswith(b"%PDF-")),
    Kind(ContentType.TEXT, ("txt",), is_text),
)
EXTENSIONS = {extension: kind for kind in KINDS for extension in kind.extensions}
OF_TYPE: dict[Any, Kind] = {kind.content_type: kind for kind in KINDS}
ACCEPT = ",".join([*(kind.content_type for kind in KINDS), *(f".{end}" for end in EXTENSIONS)])
