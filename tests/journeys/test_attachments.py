import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from messaging import threads
from messaging.limits import MEBIBYTE
from messaging.models import Attachment, Message
from tests import uploads
from tests.factories import NOW

pytestmark = pytest.mark.journey
PHONE = {"width": 360, "height": 740}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"


@pytest.fixture
def open_thread(page_for, site, visit):
    thread = threads.open_for(visit, now=NOW)

    def open_page(person, **options):
        page = page_for(person.user, **options)
        page.goto(f"/messages/{thread.id}/")
        return page

    return open_page


def choose(page, *files):
    chosen = [{"name": n, "mimeType": kind, "buffer": content} for n, kind, content in files]
    page.get_by_label("Photos or files").set_input_files(chosen)


def write(page, words):
    page.get_by_label("Your message").fill(words)
    page.get_by_role("button", name="Send").click()


def saved(page, name):
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    return download.value


def test_she_sends_a_photo_and_he_saves_it_without_where_it_was_taken(
    open_thread, alice, dr_bob, axe
):
    hers, his = open_thread(alice, viewport=PHONE), open_thread(dr_bob)
    photo = uploads.photo_with_exif()

    choose(hers, ("sleep diary.jpg", "image/jpeg", photo), ("notes.txt", "text/plain", b"Slept."))
    write(hers, "My week on paper.")

    expect(his.get_by_role("log")).to_contain_text("My week on paper.")
    expect(his.get_by_role("link", name="sleep diary.jpg")).to_be_visible()
    file = saved(his, "sleep diary.jpg")
    content = file.path().read_bytes()
    assert file.suggested_filename == "sleep diary.jpg"
    assert uploads.GPS in Image.open(io.BytesIO(photo)).getexif()
    assert dict(Image.open(io.BytesIO(content)).getexif()) == {}
    assert b"Alice" not in content
    expect(hers.get_by_label("Photos or files")).to_have_value("")
    assert hers.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    axe(hers)
    axe(his)


def test_what_cannot_be_sent_is_named_and_nothing_is_lost(open_thread, alice, axe):
    page = open_thread(alice, viewport=PHONE)

    choose(page, ("run.exe", "application/octet-stream", b"MZ"), ("a.txt", "text/plain", b"Hi"))
    write(page, "Friday was hard.")

    expect(page.get_by_text("“run.exe”: We take photos")).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_value("Friday was hard.")
    axe(page)

    choose(page, ("a.txt", "text/plain", b"Hi"))
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("link", name="a.txt")).to_be_visible()
    assert (Message.objects.count(), Attachment.objects.count()) == (1, 1)


def test_a_refusal_of_the_words_keeps_the_files(open_thread, alice):
    page = open_thread(alice)
    choose(page, ("a.txt", "text/plain", b"Hi"))

    write(page, "x" * 4001)
    expect(page.get_by_text("4000 is the most that fits")).to_be_visible()
    write(page, "Shorter.")

    expect(page.get_by_role("link", name="a.txt")).to_be_visible()


def test_a_file_can_be_sent_and_saved_without_javascript(open_thread, alice):
    page = open_thread(alice, java_script_enabled=False)

    choose(page, ("a.txt", "text/plain", b"Hi"))
    write(page, "Look")

    assert saved(page, "a.txt").path().read_bytes() == b"Hi"


def test_files_that_are_too_large_together_are_said_and_the_words_stay(
    open_thread, alice, tmp_path
):
    page, paths = open_thread(alice), [tmp_path / f"{n}.txt" for n in range(6)]
    for path in paths:
        path.write_bytes(b"x" * 9 * MEBIBYTE)

    page.get_by_label("Photos or files").set_input_files(paths)
    write(page, "Friday was hard.")

    expect(page.get_by_text("together the files are too large")).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_value("Friday was hard.")
    assert Message.objects.count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_files_of_every_state_fit_on_the_page(open_thread, alice, axe, scheme, width):
    page = open_thread(alice, viewport={"width": width, "height": 900}, color_scheme=scheme)

    choose(
        page,
        ("a name that goes on and on " * 3 + ".png", "image/png", uploads.picture("PNG")),
        ("broken.pdf", "application/pdf", b"%PDF-1.7 nothing"),
    )
    write(page, "Both of them.")

    expect(page.get_by_role("log")).to_contain_text("Not passed on.")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    axe(page)
