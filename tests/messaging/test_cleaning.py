"""The cleaner: what is left of a file, and what the process that parses it may cost."""

import io
import subprocess
import sys

import pikepdf
import pytest
from pikepdf import Dictionary, Name, String
from PIL import Image

from messaging import cleaner, cleaning
from messaging.kinds import Reason, Refused
from messaging.limits import MOST_BYTES, MOST_PIXELS
from tests import uploads

LIMITS = (str(MOST_PIXELS), str(MOST_BYTES))


def opened(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def is_red(pixel):
    red, green, blue = pixel[:3]
    return red > 200 and max(green, blue) < 60


def run(program, content=b"", *arguments):
    command = [sys.executable, "-I", "-c", program, *arguments]
    return subprocess.run(command, input=content, capture_output=True, check=False, env={})


def test_a_photo_loses_its_coordinates_and_stands_upright():
    sent = uploads.photo_with_exif()
    before = opened(sent)

    after = opened(cleaning.clean(sent, "image/jpeg"))

    assert before.getexif().get_ifd(uploads.GPS) != {}
    assert (dict(after.getexif()), set(after.info) & {"exif", "comment", "icc_profile"}) == (
        {},
        set(),
    )
    assert (before.size, after.size) == ((40, 20), (20, 40))
    assert is_red(after.getpixel((10, 5)))  # what lay on the left is above


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_shows_what_it_showed(form):
    after = opened(cleaning.clean(uploads.picture(form), f"image/{form.lower()}"))

    assert (after.format, after.size) == (form, (40, 20))
    assert (is_red(after.getpixel((8, 10))), is_red(after.getpixel((32, 10)))) == (True, False)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_is_clear_in_a_picture_stays_clear(form):
    kept = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(kept, form, lossless=True)

    after = opened(cleaning.clean(kept.getvalue(), f"image/{form.lower()}"))

    assert (after.mode, after.getpixel((5, 5))[3]) == ("RGBA", 0)


def test_a_large_photo_is_kept_as_large_as_a_screen_needs():
    after = opened(cleaning.clean(uploads.picture(size=(6000, 3000)), "image/jpeg"))

    assert after.size == (4096, 2048)


def test_a_picture_that_would_grow_past_the_limit_is_made_smaller():
    kept = io.BytesIO()
    Image.effect_noise((600, 600), 90).save(kept, "PNG")

    cleaned = cleaner.clean_picture(
        kept.getvalue(), "PNG", most_pixels=MOST_PIXELS, most_bytes=100_000
    )

    assert (opened(cleaned).size, len(cleaned) <= 100_000) == ((150, 150), True)


def test_a_pdf_still_shows_its_page_and_leads_where_it_led():
    sent = uploads.pdf_with_link(S=Name.URI, URI=String("https://example.com/sleep"))

    with pikepdf.open(io.BytesIO(cleaning.clean(sent, "application/pdf"))) as after:
        (link,) = after.pages[0].obj.Annots
        assert [float(side) for side in after.pages[0].mediabox] == [0, 0, 200, 200]
        assert str(link.A.URI) == "https://example.com/sleep"


def test_a_script_in_an_action_that_no_name_leads_to_is_found_in_the_depth():
    hidden = Dictionary(S=Name.GoTo, Next=Dictionary(S=Name.GoTo, Next=uploads.script()))

    after = cleaning.clean(uploads.pdf_with_link(**hidden), "application/pdf")

    assert b"alert" not in uploads.plain(after)


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (uploads.png_bomb(7100, 7100), "image/png", Reason.TOO_MANY_PIXELS),
        (b"\x89PNG", "image/png", Reason.UNREADABLE),
        (uploads.picture("PNG"), "image/jpeg", Reason.UNREADABLE),
        (b"", "application/pdf", Reason.UNREADABLE),
        (
            uploads.pdf(encryption=pikepdf.Encryption(owner="a", user="b")),
            "application/pdf",
            Reason.ENCRYPTED,
        ),
    ],
)
def test_what_cannot_be_cleaned_is_refused_with_the_reason(content, content_type, reason):
    with pytest.raises(Refused) as refused:
        cleaning.clean(content, content_type)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "attack",
    [
        "bytearray(2 * 1024**3)",
        "with open(sys.argv[2], 'wb') as file: file.write(b'x')",
        "while True: pass",
        "import time; time.sleep(60)",
    ],
    ids=["memory", "a file", "processor time", "time"],
)
def test_the_cleaner_cannot_take_more_than_its_limits(attack, tmp_path):
    """What a hole in a library could do: the limits are set by the process itself, for good."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import cleaner;"
        "cleaner.CPU_SECONDS, cleaner.WALL_SECONDS = 1, 3; cleaner.limit()\n" + attack
    )

    done = run(program, b"", str(cleaning.CLEANER.parent), str(tmp_path / "left"))

    assert done.returncode != 0


def test_its_limits_cannot_be_raised_again_but_by_root():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import cleaner, resource; cleaner.limit();"
        "print(all(soft == hard for soft, hard in map(resource.getrlimit, ("
        "resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE))))"
    )

    assert run(program, b"", str(cleaning.CLEANER.parent)).stdout == b"True\n"


def test_the_cleaner_learns_nothing_of_the_site(monkeypatch, tmp_path):
    monkeypatch.setenv("DJANGO_SECRET_KEY", "a secret")
    stand_in = tmp_path / "cleaner.py"
    stand_in.write_text("import os; print(sorted(os.environ), os.getcwd())")
    monkeypatch.setattr(cleaning, "CLEANER", stand_in)

    told = cleaning.clean(b"x", "image/png").decode()

    assert told.endswith("/\n")
    assert "DJANGO" not in told


def test_a_cleaner_that_is_killed_or_hangs_says_unreadable(monkeypatch, tmp_path):
    """It is the file's fault, whatever happened."""
    for program in ("import os; os.kill(os.getpid(), 9)", "import time; time.sleep(9)"):
        stand_in = tmp_path / "cleaner.py"
        stand_in.write_text(program)
        monkeypatch.setattr(cleaning, "CLEANER", stand_in)
        monkeypatch.setattr(cleaning, "PATIENCE_SECONDS", 1)
        with pytest.raises(Refused) as refused:
            cleaning.clean(b"x", "image/png")
        assert refused.value.reason == Reason.UNREADABLE


def test_the_cleaner_works_from_the_command_line_with_its_limits():
    command = [sys.executable, "-I", str(cleaning.CLEANER), "image/png", *LIMITS]

    done = subprocess.run(command, input=uploads.picture("PNG"), capture_output=True, check=True)

    assert opened(done.stdout).size == (40, 20)
