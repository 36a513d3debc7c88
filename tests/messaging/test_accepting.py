"""What is looked at before a file is taken in: pure, and quick whatever is in the file."""

import contextlib
import time

import pytest

from messaging.accepting import accept
from messaging.kinds import (
    KINDS,
    MOST_MARKERS,
    MOST_SCANS,
    ContentType,
    Reason,
    Refused,
    jpeg_size,
    png_size,
    webp_size,
)
from messaging.limits import LONGEST_TITLE, MOST_BYTES, MOST_PIXELS
from tests import uploads


def title(name, content=b"Hi"):
    return accept(name=name, declared="", content=content).title


def reason(name, content, declared=""):
    with pytest.raises(Refused) as refused:
        accept(name=name, declared=declared, content=content)
    return refused.value.reason


@pytest.mark.parametrize(
    ("name", "declared", "content", "kind"),
    [
        ("photo.jpg", "image/jpeg", uploads.picture(), ContentType.JPEG),
        ("PHOTO.JPEG", "", uploads.picture(), ContentType.JPEG),
        ("photo.png", "application/octet-stream", uploads.picture("PNG"), ContentType.PNG),
        ("photo.webp", "image/webp", uploads.picture("WEBP"), ContentType.WEBP),
        ("paper.pdf", "application/pdf", uploads.pdf(), ContentType.PDF),
        (
            "notes.txt",
            "text/plain; charset=utf-8",
            "Grüße\r\n\tund mehr".encode(),
            ContentType.TEXT,
        ),
    ],
)
def test_what_agrees_with_itself_is_taken(name, declared, content, kind):
    taken = accept(name=name, declared=declared, content=content)

    assert (taken.content_type, taken.content) == (kind, content)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("notes.txt", "notes.txt"),
        ("Notes.TXT", "Notes.txt"),
        ("/etc/notes.txt", "notes.txt"),
        ("C:\\me\\notes.txt", "notes.txt"),
        ("a  b\tc.txt", "a bc.txt"),
        ("\u202etxt.exe.txt", "txt.exe.txt"),
        ('a"b<c>d.txt', "a b c d.txt"),
        (".txt", "file.txt"),
        (" .. .txt", "file.txt"),
        ("日記.txt", "日記.txt"),
        ("x" * 300 + ".txt", "x" * (LONGEST_TITLE - 4) + ".txt"),
    ],
)
def test_a_title_is_the_name_without_what_could_harm(name, kept):
    assert title(name) == kept


def test_a_file_of_the_largest_size_is_taken_and_one_byte_more_is_not():
    assert accept(name="a.txt", declared="", content=b"x" * MOST_BYTES)
    assert reason("a.txt", b"x" * (MOST_BYTES + 1)) == Reason.TOO_LARGE


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(40, 20), (1, 1), (1000, 3)])
def test_the_header_tells_the_size_of_the_picture(form, size):
    measure = {"JPEG": jpeg_size, "PNG": png_size, "WEBP": webp_size}[form]

    assert measure(uploads.picture(form, size)) == size


@pytest.mark.parametrize("options", [{"lossless": True}, {"xmp": b"x"}, {}])
def test_each_of_the_three_forms_of_webp_tells_its_size(options):
    assert webp_size(uploads.picture("WEBP", (333, 77), **options)) == (333, 77)


@pytest.mark.parametrize("options", [{"progressive": True}, {"comment": b"x" * 900}])
def test_a_jpeg_tells_its_size_behind_other_parts(options):
    assert jpeg_size(uploads.picture(size=(333, 77), **options)) == (333, 77)


@pytest.mark.parametrize(
    ("side", "refused"),
    [((10_000, MOST_PIXELS // 10_000), None), ((10_000, 5001), "too-many-pixels")],
)
def test_a_picture_of_the_most_pixels_is_taken_and_one_more_row_is_not(side, refused):
    for name, make in (("a.png", uploads.png_of), ("a.jpg", uploads.jpeg_of)):
        if refused:
            assert reason(name, make(*side)) == refused
        else:
            assert accept(name=name, declared="", content=make(*side))


@pytest.mark.parametrize(
    ("name", "start"), [("a.jpg", b"\xff\xd8\xff"), ("a.png", b"\x89PNG\r\n\x1a\n"), ("a.txt", b"")]
)
@pytest.mark.parametrize("filling", [b"\xff", b"\0", b"x", b"\xff\xe0\0\2"])
def test_whatever_fills_the_largest_file_it_is_looked_at_in_a_moment(name, start, filling):
    content = (start + filling * MOST_BYTES)[:MOST_BYTES]
    began = time.process_time()

    with contextlib.suppress(Refused):
        accept(name=name, declared="", content=content)

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("restarts", [b"", b"\xff\xd0", b"\xff\xff", b"junk"])
def test_a_jpeg_with_more_scans_than_a_photo_has_is_refused(restarts):
    def scans(count):
        return uploads.jpeg_with_scans(count).replace(b"\xff\xda", restarts + b"\xff\xda")

    assert accept(name="a.jpg", declared="", content=scans(MOST_SCANS))
    assert reason("a.jpg", scans(MOST_SCANS + 1)) == Reason.TOO_MANY_SCANS
    assert reason("a.jpg", scans(MOST_MARKERS)) == Reason.TOO_MANY_SCANS


def test_what_a_phone_appends_to_a_photo_is_none_of_it():
    film = b"\xff\xda\0\2" * (MOST_SCANS + 1)

    assert accept(name="a.jpg", declared="", content=uploads.picture() + film)


def test_a_comment_is_not_taken_for_scans():
    comment = b"\xff\xda\0\2" * (MOST_SCANS + 1)

    assert accept(name="a.jpg", declared="", content=uploads.picture(comment=comment))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_text_in_another_encoding_is_told_how_to_save_it(encoding):
    refused = reason("a.txt", "Grüße".encode(encoding))

    assert refused == Reason.NOT_UTF8
    assert "Save it as UTF-8 text" in str(refused.label)


def test_every_kind_has_an_ending_of_its_own():
    endings = [ending for kind in KINDS for ending in kind.extensions]

    assert len(endings) == len(set(endings))
    assert {kind.content_type for kind in KINDS} == set(ContentType)
