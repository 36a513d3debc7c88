"""A program that draws a picture anew, or takes out of a PDF what acts by itself.

    python -I cleaner.py image/jpeg MOST_PIXELS MOST_BYTES < hostile > harmless

It is the one place where hostile files are parsed, and so a process of its own: it limits itself
before it reads the first byte, gets no environment, and knows nothing of the site. Ends with 0 and
the new file; or with 3, and on stderr the reason; or in any other way, which says "unreadable".
"""

import io
import resource
import signal
import sys
import warnings
from typing import Any

import pikepdf
from PIL import Image, ImageOps

MEMORY = 1024 * 1024 * 1024  # bytes of addresses: a picture of 50 megapixels, drawn twice
CPU_SECONDS = 20
WALL_SECONDS = 30
REFUSED = 3
LONGEST_SIDE = 4096  # pixels: a page of print, and what a screen can show
QUALITY = 85

# Actions that lead somewhere on a click, and nowhere else (ISO 32000-1, 12.6.4).
HARMLESS_ACTIONS = {"/GoTo", "/URI", "/Named"}
HARMLESS_ADDRESSES = ("http://", "https://", "mailto:", "tel:")
# What acts by itself, or holds something that does: as keys of a dictionary, wherever they are.
ACTIVE = (
    "/OpenAction", "/AA", "/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/AF", "/XFA",
    "/Collection", "/RichMediaContent", "/RichMediaSettings", "/Launch", "/Metadata", "/PieceInfo",
)  # fmt: skip
MAY_BE_ACTIONS = ("/A", "/PA", "/Next")
ACTIVE_ANNOTATIONS = {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
DEEPEST = 100
# What the two libraries say of a file that is not what it claims to be.
FAULTS = (OSError, SyntaxError, ValueError, TypeError, KeyError, RuntimeError, MemoryError)


class Refused(Exception):
    """With one of the reasons that `messaging.kinds.Reason` knows."""


def main(content_type: str, most_pixels: str, most_bytes: str) -> int:
    limit()
    content = sys.stdin.buffer.read()
    try:
        if content_type == "application/pdf":
            cleaned = clean_pdf(content, most_bytes=int(most_bytes))
        else:
            cleaned = clean_picture(
                content,
                content_type.partition("/")[2].upper(),
                most_pixels=int(most_pixels),
                most_bytes=int(most_bytes),
            )
    except Refused as refused:
        sys.stderr.write(str(refused))
        return REFUSED
    sys.stdout.buffer.write(cleaned)
    return 0


def limit() -> None:
    """Neither this program nor what it loads can raise these again."""
    if sys.platform != "darwin":  # which has no such limit, and says so with an error
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))
    signal.alarm(WALL_SECONDS)


def clean_picture(content: bytes, form: str, *, most_pixels: int, most_bytes: int) -> bytes:
    """Keep the pixels of the first frame, the right way up. All else is left behind."""
    Image.MAX_IMAGE_PIXELS = most_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as opened:
            opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # first, so that copies are small
            upright = ImageOps.exif_transpose(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise Refused("too-many-pixels") from bomb
    except FAULTS as problem:
        raise Refused("unreadable") from problem
    is_clear = form != "JPEG" and upright.has_transparency_data
    drawn = upright.convert("RGBA" if is_clear else "RGB")
    while len(encoded := encode(drawn, form)) > most_bytes:
        drawn = drawn.reduce(2)
    return encoded


def encode(drawn: Any, form: str) -> bytes:
    """Copy the pixels alone: comments, profiles and coordinates hang on the picture itself."""
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    kept = io.BytesIO()
    bare.save(kept, form, **({} if form == "PNG" else {"quality": QUALITY}))
    return kept.getvalue()


def clean_pdf(content: bytes, *, most_bytes: int) -> bytes:
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise Refused("encrypted")
            if not len(pdf.pages):
                raise Refused("unreadable")
            for thing in list(pdf.objects):
                disarm(thing)
            disarm(pdf.trailer)
            del pdf.docinfo
            kept = io.BytesIO()
            pdf.save(kept)  # only what is reached from the pages is written
    except pikepdf.PasswordError as locked:
        raise Refused("encrypted") from locked
    except (
        pikepdf.PdfError,
        ValueError,
        TypeError,
        KeyError,
        RuntimeError,
        MemoryError,
    ) as problem:
        raise Refused("unreadable") from problem
    if len(kept.getvalue()) > most_bytes:
        raise Refused("too-large")
    return kept.getvalue()


def disarm(thing: Any, depth: int = 0) -> None:
    """Take what acts by itself out of an object, and out of what lies directly in it.

    :raises Refused: nested deeper than any program that makes PDF would
    """
    if depth > DEEPEST:
        raise Refused("unreadable")
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        disarm_keys(thing)
        held = [thing.get(key) for key in list(thing.keys())]
    elif isinstance(thing, pikepdf.Array):
        disarm_items(thing)
        held = list(thing)
    else:
        return
    for part in held:
        if isinstance(part, pikepdf.Object) and not part.is_indirect:
            disarm(part, depth + 1)


def disarm_keys(thing: Any) -> None:
    for key in ACTIVE:
        if key in thing:
            del thing[key]
    for key in MAY_BE_ACTIONS:
        if key in thing and not is_harmless(thing[key]):
            del thing[key]


def disarm_items(thing: Any) -> None:
    for at in reversed(range(len(thing))):
        if is_kind(thing[at], "/Subtype", ACTIVE_ANNOTATIONS):
            del thing[at]


def is_kind(thing: Any, key: str, kinds: set[str]) -> bool:
    return isinstance(thing, pikepdf.Dictionary) and str(thing.get(key, "")) in kinds


def is_harmless(value: Any) -> bool:
    """Whether a value is no action at all, or one that only leads somewhere. Where it is a list of
    actions, which a program would do one after the other, it is not."""
    if isinstance(value, pikepdf.Array):
        return not any(isinstance(one, pikepdf.Dictionary) and "/S" in one for one in value)
    if not isinstance(value, pikepdf.Dictionary) or "/S" not in value:
        return True
    address = str(value.get("/URI", "http://")).strip().lower()
    return is_kind(value, "/S", HARMLESS_ACTIONS) and address.startswith(HARMLESS_ADDRESSES)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
