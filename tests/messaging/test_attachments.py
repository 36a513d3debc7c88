"""Files with a message: what is kept, what is checked, who may save it."""

import contextlib
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import erasure, holds
from core import duties, keystore, outbox, sealed_files
from core.models import AuditEvent, Duty
from messaging import checking, messages, sweeping
from messaging.accepting import accept
from messaging.kinds import Reason
from messaging.limits import MOST_BYTES, MOST_FILES, MOST_WAITING
from messaging.models import Attachment, InvalidTransition, Message
from tests import uploads
from tests.disks import small_disk
from tests.factories import NOW, end_all_care
from tests.web_role import as_owner

FRAGMENT = {"HX-Request": "true"}
AFTER_ALL = NOW + timedelta(days=3650)  # files have the machine's clock
LATER = NOW + timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("files")


def file(name="photo.jpg", content=None, kind="image/jpeg"):
    return SimpleUploadedFile(name, uploads.picture() if content is None else content, kind)


def note(name="notes.txt", content=b"Slept well."):
    return file(name, content, "text/plain")


def form(*chosen, body="Look", message_id=None):
    said = {"body": body, "message_id": str(message_id or uuid.uuid4())}
    return said | {"uploads": list(chosen)}


def page(thread):
    return reverse("messaging:thread", args=[thread.id])


def address(attachment):
    return reverse("messaging:attachment", args=[attachment.pk])


def check_all():
    duties.sweep(now=NOW + timedelta(days=1))


@pytest.fixture
def attach(thread, alice):
    """Send alice's message with some files. Return the attachments."""

    def send(*named, message_id=None):
        chosen = [accept(name=n, declared="", content=c) for n, c in named or [("a.txt", b"Hi")]]
        said = {"body": "Look", "message_id": message_id or uuid.uuid4(), "uploads": chosen}
        message = messages.send(thread=thread, by=alice.user, now=NOW, **said)
        return list(message.attachments.all())

    return send


@pytest.fixture
def checked(attach):
    """One that was passed on."""
    (attachment,) = attach()
    check_all()
    attachment.refresh_from_db()
    return attachment


@contextlib.contextmanager
def a_check_under_way():
    """What a worker beside this one holds while it checks a file."""
    beside = connection.copy()
    try:
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
            cursor.execute(lock, [checking.KIND])
        yield
    finally:
        beside.close()


def kept(settings):
    folder = Path(settings.ATTACHMENTS_DIR)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# Sending


def test_a_message_can_bring_several_files(sign_in, alice, thread):
    answer = sign_in(alice.user).post(page(thread), form(file(), note()))

    found = Message.objects.get().attachments.all()
    assert (answer.status_code, [one.number for one in found]) == (302, [1, 2])
    assert [(one.title, one.content_type) for one in found] == [
        ("photo.jpg", "image/jpeg"),
        ("notes.txt", "text/plain"),
    ]


def test_what_was_sent_waits_for_its_check_and_is_for_nobody(sign_in, alice, dr_bob, thread):
    sign_in(alice.user).post(page(thread), form(file()))

    waiting = Attachment.objects.get()
    assert waiting.status == "quarantined"
    for person in (alice, dr_bob):
        client = sign_in(person.user)
        assert client.get(address(waiting)).status_code == 404
        assert "Being checked" in client.get(page(thread)).content.decode()


def test_a_file_that_cannot_be_taken_is_named_with_the_reason(sign_in, alice, thread):
    chosen = [file(), file("page.html", b"<html>", "text/html"), file("photo.png", b"GIF89a", "")]

    answer = sign_in(alice.user).post(page(thread), form(*chosen, body="Friday was hard."))

    html = answer.content.decode()
    assert (answer.status_code, Message.objects.count(), Attachment.objects.count()) == (422, 0, 0)
    assert "“page.html”: We take photos (JPEG, PNG, WebP), PDF and plain text." in html
    assert "“photo.png”: Its name says one kind of file, and it is another." in html
    assert ("photo.jpg" in html, "Friday was hard." in html) == (False, True)


def test_more_files_than_fit_are_refused_in_words(sign_in, alice, thread, settings):
    chosen = [note(f"{n}.txt") for n in range(MOST_FILES + 1)]

    answer = sign_in(alice.user).post(page(thread), form(*chosen))

    assert answer.status_code == 422
    assert "These are 6 files, and 5 is the most for one message." in answer.content.decode()
    assert kept(settings) == []


def test_a_file_without_a_word_is_asked_for_one_and_for_the_file_again(sign_in, alice, thread):
    answer = sign_in(alice.user).post(page(thread), form(file(), body=" "))

    html = answer.content.decode()
    assert (answer.status_code, Message.objects.count()) == (422, 0)
    assert ("Write something first." in html, "Choose your files again" in html) == (True, True)


def test_a_message_whose_hidden_id_was_broken_is_sent_with_the_next_try(sign_in, alice, thread):
    hers = sign_in(alice.user)

    answer = hers.post(page(thread), form(note(), body="Friday was hard.", message_id="x"))

    html = answer.content.decode()
    assert (answer.status_code, Message.objects.count()) == (422, 0)
    assert ("Send it again." in html, "Friday was hard." in html) == (True, True)
    assert "Choose your files again" in html
    fresh = answer.context["form"]["message_id"].value()
    assert hers.post(page(thread), form(note(), message_id=fresh)).status_code == 302


def test_an_open_page_keeps_the_files_and_is_not_asked_for_them(sign_in, alice, thread):
    answer = sign_in(alice.user).post(page(thread), form(file(), body=" "), headers=FRAGMENT)

    assert (answer.status_code, "Choose your files again" in answer.content.decode()) == (
        422,
        False,
    )


def test_sent_twice_it_is_one_message_with_one_set_of_files(sign_in, alice, thread, settings):
    client, used = sign_in(alice.user), uuid.uuid4()

    answers = [client.post(page(thread), form(file(), message_id=used)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert (Attachment.objects.count(), len(kept(settings))) == (1, 1)


def test_an_id_does_not_stand_for_other_files(attach):
    used = uuid.uuid4()
    attach(("a.txt", b"One"), message_id=used)

    for others in [("a.txt", b"Two")], [("a.txt", b"One"), ("b.txt", b"Two")]:
        with pytest.raises(messages.IdTaken):
            attach(*others, message_id=used)


def test_the_message_arrives_in_the_other_persons_words(attach, dr_bob, sign_in, thread):
    attach(("<b>x.txt", b"Hi"))

    html = sign_in(dr_bob.user).get(page(thread)).content.decode()

    assert ("<b>x" in html, "b x.txt" in html) == (False, True)


def test_a_page_asks_no_more_for_three_messages_with_files_than_for_one(
    attach, sign_in, dr_bob, thread
):
    client, counts = sign_in(dr_bob.user), []
    for _ in range(3):
        attach(("a.txt", b"One"), ("b.txt", b"Two"))
        with CaptureQueriesContext(connection) as asked:
            client.get(page(thread))
        counts.append(len(asked))

    assert counts == [counts[0]] * 3


def test_whose_files_wait_for_their_check_is_asked_to_wait(
    sign_in, alice, dr_bob, thread, settings
):
    hers = sign_in(alice.user)
    for _ in range(MOST_WAITING // MOST_FILES):
        hers.post(page(thread), form(*[note(f"{n}.txt") for n in range(MOST_FILES)]))

    answer = hers.post(page(thread), form(note(), body="Friday was hard."))

    html = answer.content.decode()
    assert (answer.status_code, len(kept(settings))) == (422, MOST_WAITING)
    assert "Many of your files are still being checked." in html
    assert "Friday was hard." in html
    assert hers.post(page(thread), form(body="Without a file")).status_code == 302
    assert sign_in(dr_bob.user).post(page(thread), form(note())).status_code == 302
    check_all()
    assert hers.post(page(thread), form(note())).status_code == 302


def test_files_of_one_person_on_one_day_have_a_limit(
    sign_in, alice, thread, settings, monkeypatch, time_machine
):
    monkeypatch.setattr("messaging.views.MOST_BYTES_A_DAY", 25)
    hers = sign_in(alice.user)

    answers = [hers.post(page(thread), form(note(content=b"x" * size))) for size in (20, 6, 5)]

    assert [answer.status_code for answer in answers] == [302, 422, 302]
    assert "That is more than fits in a day." in answers[1].content.decode()
    assert (Message.objects.count(), len(kept(settings))) == (2, 2)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    again = sign_in(alice.user).post(page(thread), form(note(content=b"x" * 20)))
    assert again.status_code == 302


def test_messages_with_files_are_paused_when_they_come_very_often(sign_in, alice, thread, settings):
    settings.ACCOUNT_RATE_LIMITS = {"files": "2/10m/user"}
    hers = sign_in(alice.user)

    answers = [hers.post(page(thread), form(note())).status_code for _ in range(3)]

    assert answers == [302, 302, 429]
    assert hers.post(page(thread), form(body="Without a file")).status_code == 302


def test_nobody_attaches_where_care_has_ended(sign_in, alice, thread, settings):
    end_all_care()

    answer = sign_in(alice.user).post(page(thread), form(file()))

    assert (answer.status_code, kept(settings)) == (409, [])


# A full disk


def test_goal_row_35_a_full_disk_is_said_and_nothing_is_half_sent(sign_in, alice, thread, settings):
    client, big = sign_in(alice.user), [note(content=b"x" * 300_000) for _ in range(2)]
    with small_disk(Path(settings.ATTACHMENTS_DIR), 512):
        answer = client.post(page(thread), form(note(), *big, body="Friday was hard."))
        left = kept(settings)
        again = client.post(page(thread), form(note(), body="Friday was hard."))

    html = answer.content.decode()
    assert (answer.status_code, left, again.status_code) == (507, [], 302)
    assert "There is no room for files at this moment. Nothing was sent." in html
    assert "Friday was hard." in html
    assert (Message.objects.count(), Attachment.objects.count()) == (1, 1)


# Checking


def test_once_checked_it_is_named_on_the_page_and_can_be_saved(sign_in, dr_bob, checked, thread):
    client = sign_in(dr_bob.user)

    html = client.get(page(thread)).content.decode()
    served = client.get(address(checked))

    assert f'href="{address(checked)}" download>a.txt</a>' in html
    assert (served.status_code, served.content) == (200, b"Hi")
    assert served.headers["Content-Disposition"] == 'attachment; filename="a.txt"'


def test_a_name_in_another_script_is_kept(attach, sign_in, dr_bob):
    (attachment,) = attach(("Tagebuch Größe.txt", b"Hi"))
    check_all()

    served = sign_in(dr_bob.user).get(address(attachment))

    told = "attachment; filename*=utf-8''Tagebuch%20Gr%C3%B6%C3%9Fe.txt"
    assert served.headers["Content-Disposition"] == told


def test_what_cannot_be_read_is_refused_in_words_and_has_no_file(attach, sign_in, dr_bob, thread):
    (attachment,) = attach(("photo.png", uploads.png_of(10, 10)))
    check_all()

    attachment.refresh_from_db()
    html = sign_in(dr_bob.user).get(page(thread)).content.decode()
    assert (attachment.status, attachment.reason, attachment.file) == (
        "refused",
        "unreadable",
        None,
    )
    assert "Not passed on. We could not read it." in " ".join(html.split())


def test_checking_twice_is_checking_once(checked):
    file_before = checked.file
    duty = Duty.objects.get(kind="attachment.check")
    duties.HANDLERS[duty.kind](duty.payload, LATER)

    checked.refresh_from_db()
    assert checked.file == file_before
    for verb in (
        lambda: checked.refuse(reason=Reason.INFECTED, now=LATER),
        lambda: checked.pass_on(file=uuid.uuid4(), size=1, now=LATER),
    ):
        with pytest.raises(InvalidTransition):
            verb()


def test_without_an_answer_of_the_scanner_it_waits_and_is_tried_again(attach, settings, tmp_path):
    settings.CLAMD_SOCKET = str(tmp_path / "nobody-listens")
    (attachment,) = attach()

    duties.sweep(now=NOW)

    duty = Duty.objects.get(kind="attachment.check")
    attachment.refresh_from_db()
    assert (duty.error, duty.attempts_count, duty.done_at) == ("NoAnswer", 1, None)
    assert (duty.due_at > NOW, attachment.status) == (True, "quarantined")
    settings.CLAMD_SOCKET = ""  # it is back, and finds nothing
    check_all()
    attachment.refresh_from_db()
    assert attachment.status == "clean"


def test_what_waits_for_long_is_asked_for_again_each_hour(attach, settings, tmp_path):
    settings.CLAMD_SOCKET = str(tmp_path / "nobody-listens")
    (attachment,) = attach()
    Duty.objects.filter(kind="attachment.check").update(dead_at=NOW)
    settings.CLAMD_SOCKET = ""

    sweeping.sweep({}, NOW + timedelta(hours=2))
    check_all()

    attachment.refresh_from_db()
    assert attachment.status == "clean"


def test_what_waits_for_an_erased_patient_is_not_asked_for_again(attach, alice, biller):
    (attachment,) = attach()
    erasure.erase(patient=alice, reason="request", by=biller, now=NOW)

    check_all()
    sweeping.sweep({}, NOW + timedelta(hours=2))

    attachment.refresh_from_db()
    assert attachment.status == "quarantined"
    assert Duty.objects.get(kind="attachment.check").done_at is not None


def test_while_one_is_checked_the_next_is_put_off_and_all_else_is_done(attach):
    attach(("a.txt", b"One"), ("b.txt", b"Two"))
    outbox.enqueue("attachment.sweep", key="now", payload={}, due_at=LATER)

    with a_check_under_way():
        duties.sweep(now=LATER)
        put_off = Duty.objects.filter(kind="attachment.check")
        assert [(d.attempts_count, d.done_at, d.error) for d in put_off] == [(0, None, "")] * 2
        assert [d.due_at > LATER for d in put_off] == [True, True]
        assert Duty.objects.get(kind="attachment.sweep").done_at == LATER

    duties.sweep(now=LATER + checking.PAUSE)
    assert [one.status for one in Attachment.objects.all()] == ["clean", "clean"]


def test_whoever_has_checked_lets_the_next_come_at_once(attach):
    _first, second = attach(("a.txt", b"One"), ("b.txt", b"Two"))
    Duty.objects.filter(key=str(second.pk)).update(due_at=LATER + checking.PAUSE)

    duties.sweep(now=LATER)

    assert [one.status for one in Attachment.objects.all()] == ["clean", "clean"]


# Who may save it, and what the trail says


@pytest.mark.parametrize("stranger", ["carol", "mallory"])
def test_a_stranger_finds_no_file(sign_in, checked, stranger, request):
    answer = sign_in(request.getfixturevalue(stranger).user).get(address(checked))

    assert answer.status_code == 404


def test_a_provider_whose_care_has_ended_finds_none_and_the_patient_does(
    sign_in, checked, alice, dr_bob
):
    end_all_care()

    answers = [sign_in(person.user).get(address(checked)) for person in (alice, dr_bob)]

    assert [answer.status_code for answer in answers] == [200, 404]


def test_saving_it_is_on_the_trail_as_a_deed_and_as_a_read(sign_in, checked, dr_bob, alice):
    sign_in(dr_bob.user).get(address(checked))

    told = AuditEvent.objects.filter(by_id=dr_bob.user.pk, patient_id=alice.pk)
    deed = told.get(action="attachment.read")
    assert (deed.subject_type, deed.subject_id) == ("messaging.attachment", str(checked.pk))
    assert told.filter(action="messaging.attachment.read").count() == 1


def test_with_the_trail_away_nothing_is_served(sign_in, checked, dr_bob):
    client = sign_in(dr_bob.user)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else the table is still in use
        cursor.execute(
            "ALTER TABLE core_auditevent ADD CHECK (action NOT LIKE 'messaging.%') NOT VALID"
        )

    answer = client.get(address(checked))

    assert (answer.status_code, b"Hi" in answer.content) == (503, False)


def test_a_check_is_on_the_trail_of_the_system(checked, alice):
    told = AuditEvent.objects.get(action="attachment.passed")

    assert (told.by_id, told.patient_id, told.subject_id) == (None, alice.pk, str(checked.pk))


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"x" * 200)])
def test_a_file_that_is_lost_is_said_to_be_and_is_on_no_trail(
    sign_in, checked, dr_bob, settings, caplog, harm
):
    harm(Path(settings.ATTACHMENTS_DIR) / str(checked.file))

    answer = sign_in(dr_bob.user).get(address(checked))

    html = answer.content.decode()
    assert (answer.status_code, "This file can no longer be opened." in html) == (410, True)
    assert [(line.levelname, line.message[:10]) for line in caplog.records][:1] == [
        ("ERROR", "attachment")
    ]
    assert (checked.title in caplog.text, str(checked) in caplog.text) == (False, True)
    assert not AuditEvent.objects.filter(action="attachment.read").exists()


# What goes away


@pytest.mark.django_db(transaction=True)
def test_an_erasure_removes_the_files_and_the_address_says_so(
    checked, alice, biller, dr_bob, sign_in, settings
):
    before = kept(settings)
    erasure.erase(patient=alice, reason="request", by=biller, now=NOW)

    assert (len(before), str(checked.file) in kept(settings)) == (2, False)
    answer = sign_in(dr_bob.user).get(address(checked))
    assert (answer.status_code, "was erased" in answer.content.decode()) == (410, True)


@pytest.mark.django_db(transaction=True)
def test_files_of_an_old_backup_cannot_be_read_and_are_swept(checked, alice, biller, settings):
    path = Path(settings.ATTACHMENTS_DIR) / str(checked.file)
    backup = path.read_bytes()
    erasure.erase(patient=alice, reason="request", by=biller, now=NOW)
    path.write_bytes(backup)

    with pytest.raises(keystore.Erased):
        sealed_files.read(checked.file, about=checked.about)
    sweeping.sweep({}, AFTER_ALL)
    assert kept(settings) == []


def test_under_a_hold_the_files_stay(checked, alice, biller, settings):
    holds.place(patient=alice, reason="A suit", by=biller, now=NOW)

    with pytest.raises(erasure.OnHold):
        erasure.erase(patient=alice, reason="request", by=biller, now=NOW)

    assert str(checked.file) in kept(settings)


def test_the_sweep_removes_what_no_row_names_and_nothing_else(checked, settings):
    folder = Path(settings.ATTACHMENTS_DIR)
    (folder / str(uuid.uuid4())).write_bytes(b"of a message that was undone")
    (folder / f"{uuid.uuid4()}.part").write_bytes(b"cut short")

    sweeping.sweep({}, AFTER_ALL)

    assert kept(settings) == [str(checked.file)]


def test_the_sweep_leaves_what_is_young(checked, settings):
    folder = Path(settings.ATTACHMENTS_DIR)
    (folder / str(uuid.uuid4())).write_bytes(b"its row is on the way")
    made_at = (folder / str(checked.file)).stat().st_mtime

    sweeping.sweep({}, NOW.fromtimestamp(made_at, tz=NOW.tzinfo) + timedelta(minutes=50))

    assert len(kept(settings)) == 3


def test_the_sweep_is_a_duty_once_an_hour(db):
    for minutes in (0, 10, 70):
        sweeping.ask(now=NOW + timedelta(minutes=minutes))

    assert Duty.objects.filter(kind="attachment.sweep").count() == 2


def test_a_message_that_is_undone_leaves_a_file_for_the_sweep_alone(attach, settings):
    with transaction.atomic():
        attach()
        transaction.set_rollback(True)

    assert (Attachment.objects.count(), Duty.objects.count(), len(kept(settings))) == (0, 0, 1)
    sweeping.sweep({}, AFTER_ALL)
    assert kept(settings) == []


# What the database refuses


def values(message, **changed):
    said = {"message": message, "number": 2, "title": "a.txt", "content_type": "text/plain"}
    return said | {"size": 1, "sha256": "x", "file": uuid.uuid4()} | changed


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"number": 1}, "attachment_numbered_once"),
        ({"number": 0}, "attachment_not_too_many"),
        ({"number": MOST_FILES + 1}, "attachment_not_too_many"),
        ({"size": 0}, "attachment_not_too_large"),
        ({"size": MOST_BYTES + 1}, "attachment_not_too_large"),
        ({"title": ""}, "attachment_has_title"),
        ({"sha256": ""}, "attachment_has_sha256"),
        ({"content_type": "text/html"}, "attachment_kind_known"),
        ({"status": "clean"}, "attachment_status_whole"),
        ({"file": None}, "attachment_status_whole"),
        ({"checked_at": NOW}, "attachment_status_whole"),
        ({"reason": "infected"}, "attachment_status_whole"),
        ({"status": "refused", "checked_at": NOW, "file": None}, "attachment_status_whole"),
        ({"status": "refused", "checked_at": NOW, "reason": "infected"}, "attachment_status_whole"),
        ({"status": "lost", "checked_at": NOW}, "attachment_status_whole"),
    ],
)
def test_the_database_refuses_an_impossible_attachment(attach, changed, constraint):
    (first,) = attach()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Attachment.objects.create(**values(first.message, **changed))


def test_the_database_refuses_a_file_that_another_row_names(attach):
    (first,) = attach()

    with pytest.raises(IntegrityError, match="messaging_attachment_file_key"), transaction.atomic():
        Attachment.objects.create(**values(first.message, file=first.file))


@pytest.mark.parametrize(
    "deed",
    [
        lambda rows: rows.update(size=2),
        lambda rows: rows.update(file=uuid.uuid4()),
        lambda rows: rows.update(status="refused", reason="infected", file=None),
        lambda rows: rows.delete(),
    ],
)
def test_the_database_keeps_what_was_checked_as_it_was(checked, deed):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        deed(Attachment.objects.all())


def test_a_file_opens_for_its_own_row_alone(attach):
    one, other = attach(("a.txt", b"One"), ("b.txt", b"Two"))

    with pytest.raises(sealed_files.sealing.Tampered):
        sealed_files.read(one.file, about=other.about)
