"""Taking a copy of a record: by the page, by the command, for herself and for somebody else."""

import json
import stat
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import erasure
from care import consents, disclosing
from care.labels import NOTICE
from care.models import Disclosure
from core.models import AuditEvent
from messaging.models import Attachment
from telehealth.record import archive, exporting
from tests.factories import HOUR, NINE, NOW
from tests.security import record
from tests.security.canary import CANARY
from tests.web_role import as_owner

PAGE, COPY = reverse("record"), reverse("create_record_copy")


@pytest.fixture(autouse=True)
def clock(settings, time_machine):
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_SIMULATOR = True
    time_machine.move_to(record.OVER + timedelta(days=1), tick=False)


@pytest.fixture
def full(alice, dr_bob):
    record.fill(alice, dr_bob)
    return alice


def export(patient, out, **options):
    call_command("export_patient", str(patient.ref), out=str(out), **options)
    return record.opened(out.read_bytes())


# The page


@pytest.fixture
def hers(sign_in, full):
    return sign_in(full.user)


def attached():
    """What the files with messages are called in a copy."""
    return {f"attachments/{attachment.pk}.txt" for attachment in Attachment.objects.all()}


def test_the_page_gives_her_the_whole_record_in_one_file(hers, full):
    answer = hers.post(COPY)

    files = record.opened(answer.content)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"] == 'attachment; filename="record-2026-12-04.zip"'
    assert set(files) == {"record.html", "record.json", "manifest.json", *attached()}
    assert f"{CANARY} slept." in files["record.html"].decode()


def test_the_file_is_named_by_the_day_where_she_lives(full):
    early = datetime(2026, 12, 5, 3, tzinfo=UTC)  # in Chicago it is still the evening before

    made = exporting.export(patient=full, by=full.user, now=early)

    assert (full.zone, made.name) == ("America/Chicago", "record-2026-12-04.zip")


def test_a_copy_asks_for_a_fresh_proof_first(sign_in, full, time_machine):
    client = sign_in(full.user)
    time_machine.shift(timedelta(minutes=6))

    for answer in (client.get(PAGE), client.post(COPY)):
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not AuditEvent.objects.filter(action="record.exported").exists()


def test_her_copy_is_on_the_trail_as_a_deed_and_as_a_read(hers, full):
    hers.post(COPY)

    told = AuditEvent.objects.filter(patient_id=full.pk, by_id=full.user_id)
    assert told.filter(action="record.exported", purpose="patient-request").count() == 1
    assert told.filter(action="create-record-copy.read").count() == 1
    assert Disclosure.objects.count() == 1  # the one of the record itself: hers is none


def test_with_the_trail_away_nothing_is_copied(sign_in, full):
    client = sign_in(full.user)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditevent ADD CHECK (action NOT LIKE '%.read') NOT VALID")

    answer = client.post(COPY)

    assert answer.status_code == 503
    assert not answer.content.startswith(b"PK")


def test_who_has_no_record_has_nothing_to_copy(sign_in, dr_bob):
    client = sign_in(dr_bob.user)

    assert [client.get(PAGE).status_code, client.post(COPY).status_code] == [404, 404]


# The command


def test_the_command_writes_one_file_for_the_owners_eyes(full, tmp_path):
    out = tmp_path / "copy.zip"

    files = export(full, out)

    assert set(files) == {"record.html", "record.json", "manifest.json", *attached()}
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["copy.zip"]
    told = AuditEvent.objects.filter(patient_id=full.pk, by_id=None)
    assert told.filter(action="record.exported").count() == 1
    assert told.filter(action="export-patient.read").count() == 1


@pytest.mark.parametrize(
    ("who", "words"),
    [("11111111-1111-4111-8111-111111111111", "No patient has the id"), ("x", "No patient has")],
)
def test_somebody_unknown_is_refused(db, tmp_path, who, words):
    with pytest.raises(CommandError, match=words) as refusal:
        call_command("export_patient", who, out=str(tmp_path / "copy.zip"))

    assert (refusal.value.returncode, list(tmp_path.iterdir())) == (2, [])


def test_an_erased_record_is_refused(alice, biller, tmp_path):
    erasure.erase(patient=alice, reason="request", by=biller, now=NOW)

    with pytest.raises(CommandError, match="was erased") as refusal:
        export(alice, tmp_path / "copy.zip")

    assert (refusal.value.returncode, list(tmp_path.iterdir())) == (2, [])
    assert not AuditEvent.objects.filter(action="record.exported").exists()


@pytest.mark.parametrize("place", ["", "nowhere/copy.zip"])
def test_a_place_that_does_not_exist_is_refused_before_anything_is_opened(alice, tmp_path, place):
    with pytest.raises(CommandError, match="cannot be written") as refusal:
        call_command("export_patient", str(alice.ref), out=str(tmp_path / place))

    assert (refusal.value.returncode, list(tmp_path.iterdir())) == (2, [])
    assert not AuditEvent.objects.filter(action="record.exported").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"to": "Dr. Far"}, "go together"),
        ({"purpose": "treatment"}, "go together"),
        ({"to": " ", "purpose": "treatment"}, "--to names somebody"),
        ({"to": "x" * 201, "purpose": "treatment"}, "--to names somebody"),
        ({"by": "nobody@example.com"}, "Nobody on the staff"),
    ],
)
def test_half_an_order_is_refused(alice, tmp_path, options, words):
    with pytest.raises(CommandError, match=words) as refusal:
        call_command("export_patient", str(alice.ref), out=str(tmp_path / "c.zip"), **options)

    assert (refusal.value.returncode, list(tmp_path.iterdir())) == (2, [])


def test_a_file_that_cannot_be_finished_leaves_nothing(tmp_path):
    made = archive.Archive("copy.zip", b"words")
    (tmp_path / "copy.zip").mkdir()  # a folder cannot be replaced by a file

    with pytest.raises(OSError, match="directory"):
        archive.write(made, tmp_path / "copy.zip")

    assert [path.name for path in tmp_path.iterdir()] == ["copy.zip"]


# For somebody else


def test_a_copy_for_another_is_in_the_register(full, biller, tmp_path):
    export(full, tmp_path / "c.zip", to="Dr. Far, Elm 1", purpose="treatment", by=biller.email)

    told = Disclosure.objects.order_by("-disclosed_at")[0]
    assert (told.recipient, told.purpose, told.by) == ("Dr. Far, Elm 1", "treatment", biller)
    event = AuditEvent.objects.get(action="disclosure.entered", subject_id=str(told.pk))
    assert (event.by_id, event.purpose) == (biller.pk, "treatment")


HERS_ALONE = {"Person", "AuditEvent"}


def test_a_copy_for_another_leaves_out_what_is_hers_alone(full):
    _page, resources, _manifest = record.copy_of(full, to="Dr. Far")

    kinds = {one["resourceType"] for one in resources}
    basics = {one["code"]["text"] for one in resources if one["resourceType"] == "Basic"}
    assert kinds & HERS_ALONE == set()
    assert basics & {"cardonfile", "entry", "line", "disclosure"} == set()


@pytest.mark.parametrize(
    ("said", "purpose", "is_shared"),
    [
        ("permitted", "treatment", True),
        ("permitted", "payment", True),
        ("permitted", "operations", True),
        ("permitted", "required-by-law", False),
        ("permitted", "patient-request", False),
        ("taken back", "treatment", False),
        ("taken back", "payment", False),
    ],
)
def test_goal_row_7_the_labeled_note_leaves_only_as_she_permits_now(full, said, purpose, is_shared):
    if said == "taken back":
        consents.take_back(patient=full, kind="substance-use", by=full.user, now=NOW)

    page, resources, manifest = record.copy_of(full, to="Dr. Far", purpose=purpose)

    kinds = [one["resourceType"] for one in resources]
    texts = [str(resources), page]
    papers = [one for one in resources if one["resourceType"] == "DocumentReference"]
    of_the_visit = [one for one in papers if "encounter" in one["context"]]  # note, its addendum
    counts = (kinds.count("Encounter"), len(of_the_visit))
    assert counts == ((1, 2) if is_shared else (0, 0))
    assert (f"{CANARY} slept." in page) is is_shared
    # The notice and the consent go with it; without it, nothing tells that there is any.
    assert [NOTICE in text for text in [page, str(resources), str(manifest)]] == [is_shared] * 3
    assert kinds.count("Consent") == is_shared
    assert any("substance-use" in text for text in texts) is is_shared


def test_her_own_copy_carries_the_notice_too(full):
    page, _resources, manifest = record.copy_of(full)

    assert (NOTICE in page, manifest["notice"]) == (True, NOTICE)


def test_without_a_label_there_is_no_notice(alice, dr_bob):
    page, _resources, manifest = record.copy_of(alice)

    assert (NOTICE in page, "notice" in manifest) == (False, False)


def test_the_copy_counts_what_leaves_among_the_disclosures_of_the_next(full):
    record.copy_of(full, to="Dr. Far")

    page, _resources, _manifest = record.copy_of(full)

    assert "Dr. Far" in page


def test_a_long_record_takes_no_more_queries_than_a_short_one(
    full, dr_bob, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as short:
        record.copy_of(full)
    for number in range(3):
        record.visit_with_note(full, dr_bob, starts_at=NINE - (number + 1) * 2 * HOUR)
        record.talk(full, dr_bob)

    with django_assert_num_queries(len(short)):
        record.copy_of(full)


def test_a_disclosure_that_lies_ahead_is_refused(alice, biller):
    ahead = {"disclosed_at": NOW + timedelta(seconds=1), "now": NOW, "by": biller}

    with pytest.raises(disclosing.NotYet):
        disclosing.enter(patient=alice, recipient="A", what="B", purpose="other", **ahead)


def test_an_export_that_cannot_be_recorded_does_not_happen(full):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE core_auditevent ADD CHECK (action <> 'record.exported') NOT VALID"
        )

    with pytest.raises(Exception, match="core_auditevent"):
        exporting.export(patient=full, by=None, now=record.OVER)


def test_a_copy_holds_the_files_that_came_with_messages(full):
    made = exporting.export(patient=full, by=full.user, now=record.OVER)

    files = record.opened(made.content)
    page, bundle = files["record.html"].decode(), files["record.json"].decode()
    assert len(attached()) == 2
    for name in attached():
        assert files[name] == b"In the file"
        assert (f'href="{name}">{CANARY} photo.txt</a>' in page, name in bundle) == (True, True)


def test_a_file_that_was_not_passed_on_is_named_and_not_in_it(full):
    said = {"title": "late.txt", "content_type": "text/plain", "size": 1, "sha256": "x"}
    message = Attachment.objects.last().message
    waiting = Attachment.objects.create(message=message, number=2, file=uuid.uuid4(), **said)

    made = exporting.export(patient=full, by=full.user, now=record.OVER)

    files = record.opened(made.content)
    assert f"attachments/{waiting.pk}.txt" not in files
    assert "late.txt (not in this copy)" in files["record.html"].decode()


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"x" * 200)])
def test_a_file_that_is_lost_is_named_and_the_rest_of_the_record_is_copied(
    hers, full, settings, caplog, harm
):
    lost, whole = Attachment.objects.order_by("pk")
    harm(Path(settings.ATTACHMENTS_DIR) / str(lost.file))

    answer = hers.post(reverse("create_record_copy"))

    files = record.opened(answer.content)
    page, manifest = files["record.html"].decode(), json.loads(files["manifest.json"])
    assert (answer.status_code, files[f"attachments/{whole.name}"]) == (200, b"In the file")
    assert f"attachments/{lost.name}" not in files
    name = f"attachments/{lost.name}"
    assert manifest["lost"] == [{"name": name, "why": "can no longer be opened"}]
    assert "One file that came with a message can no longer be opened" in page
    assert f"{CANARY} photo.txt (not in this copy: it can no longer be opened)" in page
    assert str(lost) in caplog.text
    assert CANARY not in caplog.text
