"""Files as people send them, and as somebody who means harm would: all made here, byte by byte."""

import io
import struct
import zlib
from hashlib import sha256
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from core import sealed_files
from messaging.models import Attachment

SCRIPT = b"<script>alert(1)</script>"
# A signature of our own, which the scanner of the tests is told to find.
INFECTED = b"TELEHEALTH-" + b"STANDARD-INFECTED-" + b"TEST-FILE"
COORDINATES = {1: "N", 2: (41.0, 52.0, 43.0), 3: "W", 4: (87.0, 37.0, 47.0)}
ORIENTATION, GPS, MAKER, ARTIST = 0x0112, 0x8825, 0x927C, 0x013B
TURNED = 6  # stored lying on its side


def kept(message: Any, *, at: Any, title: str = "photo.txt", content: bytes = b"Seen") -> Any:
    """An attachment that was checked and passed on, with its file."""
    attachment = Attachment(
        message=message,
        number=1,
        title=title,
        content_type="text/plain",
        size=len(content),
        sha256=sha256(content).hexdigest(),
        status="clean",
        checked_at=at,
    )
    owner = message.thread.patient.ref
    attachment.file = sealed_files.write(content, owner=owner, about=attachment.about)
    attachment.save(force_insert=True)
    return attachment


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    """A red half and a blue half, side by side."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    kept = io.BytesIO()
    image.save(kept, form, **options)
    return kept.getvalue()


def photo_with_exif() -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION], exif[ARTIST] = TURNED, "Alice Doe"
    exif.get_ifd(GPS).update(COORDINATES)
    return picture(exif=exif)


def png_of(width: int, height: int, *, body: bytes = b"") -> bytes:
    """A PNG whose header claims this size, whatever its body holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", body or zlib.compress(b"")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    """Rows of zeros that pack a thousand to one."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + 3 * width)
    return png_of(
        width, height, body=b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    )


def png_with_text_bomb(size: int) -> bytes:
    """A small picture, whose comment is zeros that pack a thousand to one."""
    good = picture("PNG")
    return good[:33] + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * size, 9)) + good[33:]


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG whose frame claims this size, and ends there."""
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", 2 + len(frame)) + frame + b"\xff\xd9"


def jpeg_with_scans(count: int, size: tuple[int, int] = (40, 20)) -> bytes:
    """A progressive JPEG whose last scan, with its table, stands there again and again."""
    good = picture("JPEG", size, progressive=True)
    table = good.rindex(b"\xff\xc4", 0, good.rindex(b"\xff\xda"))
    return good[:table] + good[table:-2] * (count - good[:table].count(b"\xff\xda")) + b"\xff\xd9"


def webp_of(width: int, height: int) -> bytes:
    """An extended WebP whose canvas claims this size."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf(*, encryption: Any = None, **root: Any) -> bytes:
    """One empty page, and what else the catalog is given."""
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        for key, value in root.items():
            made.Root[f"/{key}"] = value
        return written(made, encryption)


def written(made: pikepdf.Pdf, encryption: Any = None) -> bytes:
    kept = io.BytesIO()
    made.save(kept, **({"encryption": encryption} if encryption else {}))
    return kept.getvalue()


def script() -> Dictionary:
    return Dictionary(Type=Name.Action, S=Name.JavaScript, JS=String("app.alert(1)"))


def pdf_with_annotation(**annotation: Any) -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        box = {"Type": Name.Annot, "Rect": Array([0, 0, 9, 9])}
        made.pages[0].obj.Annots = Array([Dictionary(**box | annotation)])
        return written(made)


def pdf_with_link(**action: Any) -> bytes:
    said = Dictionary(Type=Name.Action, **action)
    return pdf_with_annotation(Subtype=Name.Link, A=said)


def pdf_with_file() -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        made.attachments["run.exe"] = b"MZ" + SCRIPT
        return written(made)


def pdf_with_page_action() -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        made.pages[0].obj.AA = Dictionary(O=made.make_indirect(script()))
        return written(made)


def pdf_with_form() -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        field = Dictionary(
            FT=Name.Tx, T=String("name"), Subtype=Name.Widget, Rect=Array([0, 0, 9, 9])
        )
        field.AA = Dictionary(K=script())
        made.Root.AcroForm = Dictionary(
            Fields=Array([made.make_indirect(field)]), XFA=made.make_stream(b"<xdp>evil</xdp>")
        )
        return written(made)


def pdf_with_author() -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        made.docinfo["/Author"] = "Alice Doe"
        return written(made)


def pdf_with_deep_nesting(depth: int = 400) -> bytes:
    inside: Any = Array([])
    for _ in range(depth):
        inside = Array([inside])
    return pdf(Deep=inside)


def plain(content: bytes) -> bytes:
    """A PDF with nothing packed, so that one can look for words in it."""
    kept = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as opened:
        opened.save(
            kept, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )  # fmt: skip
    return kept.getvalue()
