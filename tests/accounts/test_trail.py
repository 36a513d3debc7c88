"""Who looked at my record, and the privacy officer's board and copies."""

import csv
import io
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.urls import reverse

from accounts import trail_export, trail_words
from accounts.models import Membership
from accounts.trail_export import COLUMNS
from core import audit
from core.models import AuditEvent
from core.verification import hash_of
from tests.factories import (
    NOW,
    RECORDED,
    SCOPED,
    make_member,
    make_patient,
    make_practice,
    make_provider,
)
from tests.signing_in import signed_in

ACCESS = reverse("accounts:access")
LOG = reverse("accounts:access_log")
SEARCH = reverse("accounts:create_access_search")
EXPORT = reverse("accounts:access_export")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer(practice):
    return make_member(practice, Membership.Role.PRIVACY_OFFICER, "privacy@example.com")


@pytest.fixture
def hers(sign_in, alice):
    return sign_in(alice.user)


@pytest.fixture
def theirs(sign_in, officer):
    return sign_in(officer)


def saw(*patients, by=None, at=NOW, action="note.read"):
    audit.record_reads(action, patient_ids=[p.pk for p in patients], by=by, at=at)


def text_of(response):
    return " ".join(response.content.decode().split())


def told(response):
    return [(line.who, str(line.role), str(line.what)) for line in response.context["lines"]]


# The patient's page.


def test_a_patient_sees_who_looked_newest_first(hers, alice, dr_bob, biller):
    saw(alice, by=biller, action="charge.confirmed")
    saw(alice, by=dr_bob.user, at=NOW + timedelta(minutes=1))
    saw(alice, at=NOW + timedelta(minutes=2), action="video.ended")

    page = hers.get(ACCESS)

    assert told(page) == [
        ("Telehealth, by itself", "", "Ended a visit"),
        ("Bob Ray, PsyD", "Therapist", "Read a visit's note"),
        (f"Staff member {biller.pk}", "Billing staff", "Confirmed what a visit costs"),
    ]


def test_times_are_in_the_patients_zone_which_is_named(hers, alice, dr_bob):
    saw(alice, by=dr_bob.user)

    page = text_of(hers.get(ACCESS))

    assert "Times are in Central Time (Chicago)." in page
    assert "<h2>Tuesday, December 1, 2026</h2>" in page
    assert ">9:00" in page


def test_staff_are_told_by_a_number_not_an_address(hers, alice, biller):
    saw(alice, by=biller)

    assert biller.email not in text_of(hers.get(ACCESS))


def test_what_she_did_herself_is_shown_if_asked_for(hers, alice):
    saw(alice, by=alice.user, action="message.sent")

    assert told(hers.get(ACCESS)) == []
    assert told(hers.get(ACCESS, {"own": 1})) == [("You", "Patient", "Sent a message")]


def test_a_guardian_sees_who_looked_at_the_childs_record(sign_in, kit, dr_bob):
    saw(kit, by=dr_bob.user)
    saw(kit, by=kit.user)

    page = sign_in(kit.user).get(ACCESS, {"own": 1})

    assert told(page)[0][:2] == ("You", "Parent or guardian")


def test_nobody_looked_yet(hers):
    assert "Nobody but you has opened your record so far." in text_of(hers.get(ACCESS))


def test_of_another_patient_nothing_is_shown(hers, mallory, dr_bob):
    saw(mallory, by=dr_bob.user)

    assert told(hers.get(ACCESS)) == []


def test_somebody_of_another_practice_has_no_name(hers, alice):
    stranger = make_provider(make_practice(name="Elsewhere"), "Zoe Far")
    saw(alice, by=stranger.user)

    page = hers.get(ACCESS)

    assert told(page) == [("Someone outside the practice", "Therapist", "Read a visit's note")]
    assert "Zoe" not in text_of(page)


def test_an_action_without_words_is_told_in_general(hers, alice, dr_bob):
    saw(alice, by=dr_bob.user, action="brand.new")

    assert told(hers.get(ACCESS))[0][2] == "Opened or changed something in the record"


def test_a_long_list_has_pages_that_keep_the_choice(hers, alice):
    for _ in range(26):
        saw(alice, by=alice.user)

    page = text_of(hers.get(ACCESS, {"own": 1}))

    assert "Page 1 of 2" in page
    assert "?own=1&amp;page=2" in page


def test_who_is_no_patient_has_no_such_page(sign_in, dr_bob, officer):
    assert [sign_in(user).get(ACCESS).status_code for user in (dr_bob.user, officer)] == [404, 404]


def test_the_home_leads_there(hers):
    assert f'href="{ACCESS}"' in text_of(hers.get(reverse("home")))


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_number_of_questions(
    hers, alice, dr_bob, carol, biller, count, django_assert_num_queries
):
    for by in [dr_bob.user, carol.user, biller][:count]:
        saw(alice, by=by)
    hers.get(ACCESS)

    with django_assert_num_queries(10 + SCOPED):
        hers.get(ACCESS)


# The privacy officer's board.


def test_the_officer_sees_who_looked_at_whom(theirs, alice, mallory, dr_bob, biller):
    saw(alice, by=dr_bob.user)
    saw(mallory, by=biller, at=NOW + timedelta(minutes=1))

    page = theirs.get(LOG)

    assert [(line.who, line.patient) for line in page.context["lines"]] == [
        ("biller@example.com", "Mallory Moe"),
        ("Bob Ray, PsyD", "Alice Doe"),
    ]


def test_patients_and_guardians_have_names_there(theirs, alice, kit):
    saw(alice, by=alice.user)
    saw(kit, by=kit.user)

    page = theirs.get(LOG)

    assert [(line.who, line.patient) for line in page.context["lines"]] == [
        ("Mary Doe", "Kit Doe"),
        ("Alice Doe", "Alice Doe"),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"patient": "alice@example.com"}, {"note.read", "message.sent"}),
        ({"patient": "ALICE@example.com "}, {"note.read", "message.sent"}),
        ({"person": "bob-ray@example.com"}, {"note.read", "thread.read"}),
        ({"action": "message.sent"}, {"message.sent"}),
        ({"patient": "alice@example.com", "person": "bob-ray@example.com"}, {"note.read"}),
        ({"from_day": "2026-11-20", "to_day": "2026-11-20"}, {"card.saved"}),
        ({"from_day": "2026-11-20"}, {"note.read", "message.sent", "thread.read", "card.saved"}),
        ({}, {"note.read", "message.sent", "thread.read"}),
    ],
)
def test_the_officer_searches(theirs, alice, mallory, dr_bob, query, found):
    saw(alice, by=dr_bob.user)
    saw(alice, by=alice.user, action="message.sent")
    saw(mallory, by=dr_bob.user, action="thread.read")
    saw(mallory, at=NOW.replace(month=11, day=20), action="card.saved")

    page = theirs.post(SEARCH, query, follow=True)

    assert {line.event.action for line in page.context["lines"]} == found


def test_an_address_names_nobody(theirs, alice, dr_bob):
    form = {"patient": "alice@example.com", "person": "bob-ray@example.com"}

    answer = theirs.post(SEARCH, form)

    assert answer.url == (
        f"{LOG}?from_day=2026-11-25&to_day=2026-12-01&patient={alice.pk}&person={dr_bob.user_id}"
    )


def test_a_search_by_number(theirs, alice, mallory, dr_bob):
    saw(alice, mallory, by=dr_bob.user)

    page = theirs.get(LOG, {"patient": alice.pk, "person": dr_bob.user_id})

    assert [line.patient for line in page.context["lines"]] == ["Alice Doe"]


def test_a_day_is_one_of_the_practice(theirs, alice):
    """Half past eleven in the evening in Chicago is the next day in UTC."""
    saw(alice, at=NOW.replace(month=11, day=26, hour=5, minute=30))

    shown = [
        len(theirs.get(LOG, {"from_day": day, "to_day": day}).context["lines"])
        for day in ("2026-11-25", "2026-11-26")
    ]

    assert shown == [1, 0]


def test_of_another_practice_the_officer_sees_nothing(theirs, alice, dr_bob):
    elsewhere = make_practice(name="Elsewhere")
    far = make_patient(elsewhere, "Fay Far")
    saw(far, by=make_provider(elsewhere, "Zoe Far").user)
    audit.record("practice.opened", subject=elsewhere, by=far.user, at=NOW)

    assert theirs.get(LOG).context["lines"] == []
    assert theirs.get(LOG, {"patient": far.pk}).status_code == 422
    assert theirs.post(SEARCH, {"person": "zoe-far@example.com"}).status_code == 422


def test_what_concerns_no_patient_is_shown_of_members(theirs, dr_bob, practice):
    audit.record("practice.opened", subject=practice, by=dr_bob.user, at=NOW)

    (line,) = theirs.get(LOG).context["lines"]
    assert (line.who, line.patient) == ("Bob Ray, PsyD", "")


def test_looking_is_on_the_trail_and_shown_if_asked_for(theirs, officer, alice, mallory, dr_bob):
    saw(alice, by=dr_bob.user)
    theirs.get(LOG)

    row = AuditEvent.objects.filter(action="accounts.access-log.read")
    assert row.values_list("patient_id", "by_id", "role").get() == (
        alice.pk, officer.pk, "privacy-officer",
    )  # fmt: skip
    assert [line.event.action for line in theirs.get(LOG).context["lines"]] == ["note.read"]
    assert (
        theirs.get(LOG, {"action": "accounts.access-log.read"}).context["page"].paginator.count == 2
    )


def test_the_patient_sees_that_the_officer_looked(theirs, hers, alice, officer, dr_bob):
    saw(alice, by=dr_bob.user)
    theirs.get(LOG)

    assert told(hers.get(ACCESS))[0] == (
        f"Staff member {officer.pk}", "Privacy officer", "Looked up who looked at the record",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"from_day": "yesterday"}, "Write the date as month/day/year, such as 05/04/1991."),
        ({"from_day": "1066-10-14"}, "Check the year: there are no entries of it."),
        ({"from_day": "2026-12-02", "to_day": "2026-12-01"}, "This day is before the first."),
        ({"patient": "nobody@example.com"}, "No patient of the practice has this address"),
        ({"patient": "9" * 30}, "No patient of the practice has this address"),
        ({"person": "nobody@example.com"}, "Nobody in the practice has this address"),
        ({"action": "drop table"}, "Choose one from the list."),
    ],
)
def test_what_cannot_be_searched_is_said_and_nothing_is_shown(theirs, alice, query, words):
    saw(alice)

    page = theirs.post(SEARCH, query)

    assert page.status_code == 422
    assert words in text_of(page)
    assert AuditEvent.objects.filter(action="accounts.access-log.read").count() == 0


def test_nothing_found_says_what_to_do(theirs):
    assert "No entry fits. Choose more days" in text_of(theirs.get(LOG))


@pytest.mark.parametrize("address", [LOG, SEARCH, EXPORT])
@pytest.mark.parametrize("role", [role for role in Membership.Role if role != "privacy-officer"])
def test_other_staff_have_no_such_board(sign_in, practice, role, address):
    client = sign_in(make_member(practice, role, "somebody@example.com"))

    assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]


def test_a_patient_has_no_such_board(hers):
    assert [hers.get(LOG).status_code, hers.post(EXPORT).status_code] == [404, 404]


def test_the_officers_home_is_the_board(theirs):
    home = theirs.get(reverse("home"))

    assert home.url == LOG
    assert text_of(theirs.get(LOG)).count(f'<a href="{LOG}" aria-current="page">') == 1


def test_an_officer_with_other_work_keeps_it(sign_in, officer, practice):
    Membership.objects.create(user=officer, practice=practice, role=Membership.Role.ADMIN)

    page = text_of(sign_in(officer).get(reverse("home")))

    assert "Visits today" in page
    assert f'href="{LOG}"' in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_board_asks_the_same_number_of_questions(
    theirs, alice, mallory, kit, dr_bob, carol, biller, count, django_assert_num_queries
):
    actors = [dr_bob.user, carol.user, biller]
    for patient, by in list(zip([alice, mallory, kit], actors, strict=True))[:count]:
        saw(patient, by=by)
    theirs.get(LOG)

    with django_assert_num_queries(11 + RECORDED + SCOPED):
        theirs.get(LOG)


# Copies.


@pytest.fixture
def seen(alice, mallory, dr_bob):
    """What was seen before the copy is taken."""
    saw(alice, mallory, by=dr_bob.user)
    audit.record(
        "note.signed",
        subject=alice,
        by=dr_bob.user,
        at=NOW,
        patient_id=alice.pk,
        purpose="treatment",
    )


def test_a_table_can_be_checked_by_whoever_gets_it(theirs, seen):
    answer = theirs.post(EXPORT, {"kind": "csv"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="audit-2026-11-25-2026-12-01.csv"'
    )
    assert list(rows[0]) == list(COLUMNS)
    assert [row["action"] for row in rows] == ["note.signed", "note.read", "note.read"]
    for row in rows:
        event = AuditEvent.objects.values_list(*COLUMNS[:-2]).get(pk=row["id"])
        assert row["hash"] == hash_of(event, row["previous"])
    (first,) = [row for row in rows if (row["chain"], row["number"]) == (rows[0]["chain"], "1")]
    assert rows[0]["previous"] == first["hash"]


def test_a_copy_holds_no_name(theirs, seen, alice, dr_bob):
    for kind in ("csv", "fhir"):
        body = theirs.post(EXPORT, {"kind": kind}).content.decode()

        assert [w for w in ("Alice", "Mallory", "Bob", "example.com") if w in body] == []


def test_fhir_has_what_an_audit_event_must_have(theirs, seen, alice, dr_bob, practice):
    answer = theirs.post(EXPORT, {"kind": "fhir", "patient": alice.user.email})

    bundle = json.loads(answer.content)
    first = bundle["entry"][0]["resource"]
    event = AuditEvent.objects.get(action="note.signed")
    assert answer.headers["Content-Type"] == "application/fhir+json"
    assert (bundle["resourceType"], bundle["type"], len(bundle["entry"])) == (
        "Bundle", "collection", 2,
    )  # fmt: skip
    assert first["resourceType"] == "AuditEvent"
    assert first["recorded"] == "2026-12-01T15:00:00.000000Z"
    assert first["type"]["code"] == "110110"
    assert (first["action"], first["outcome"]) == ("U", "0")
    assert first["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    assert first["agent"] == [
        {
            "role": [{"text": "provider"}],
            "who": {"identifier": {"system": "urn:telehealth:user", "value": str(dr_bob.user_id)}},
            "requestor": True,
        }
    ]
    assert first["source"]["observer"]["identifier"]["value"] == str(practice.pk)
    assert first["entity"][0]["what"] == {"reference": f"Patient/{alice.ref}"}
    assert {"type": "hash", "valueString": event.hash} in first["entity"][1]["detail"]


def test_fhir_tells_for_whom_a_guardian_acts(theirs, kit):
    saw(kit, by=kit.user)

    (entry,) = json.loads(theirs.post(EXPORT, {"kind": "fhir"}).content)["entry"]

    assert entry["resource"]["agent"][1]["who"] == {"reference": f"Patient/{kit.ref}"}


def test_fhir_of_what_the_system_did_and_of_no_patient(theirs, practice, officer, alice):
    saw(alice)
    audit.record("practice.opened", subject=practice, by=officer, at=NOW, purpose="audit")

    entries = json.loads(theirs.post(EXPORT, {"kind": "fhir"}).content)["entry"]

    opened, read = sorted(
        (entry["resource"] for entry in entries),
        key=lambda r: r["subtype"][0]["code"],
        reverse=True,
    )
    assert opened["purposeOfEvent"] == [{"text": "audit"}]
    assert (opened["type"]["code"], len(opened["entity"])) == ("110100", 1)
    assert read["agent"] == [{"who": {"display": "system"}, "requestor": False}]


def test_that_a_copy_was_taken_is_on_the_trail_of_all_in_it(theirs, seen, officer, alice, mallory):
    theirs.post(EXPORT, {"kind": "csv"})

    rows = AuditEvent.objects.filter(action="trail.exported").order_by("chain")
    assert list(rows.values_list("patient_id", "by_id", "role")) == [
        (None, officer.pk, "privacy-officer"),
        (alice.pk, officer.pk, "privacy-officer"),
        (mallory.pk, officer.pk, "privacy-officer"),
    ]


def test_too_much_for_one_file_is_said(theirs, seen, monkeypatch):
    monkeypatch.setattr(trail_export, "MOST", 2)

    page = theirs.post(EXPORT, {"kind": "csv"})

    assert page.status_code == 422
    assert "This is too much for one file. Choose fewer days." in text_of(page)
    assert AuditEvent.objects.filter(action="trail.exported").count() == 0


@pytest.mark.parametrize("fields", [{}, {"kind": "pdf"}, {"kind": "csv", "patient": "x"}])
def test_a_copy_of_what_cannot_be_searched_is_422(theirs, seen, fields):
    assert theirs.post(EXPORT, fields).status_code == 422


def test_the_words_are_for_every_role():
    assert set(trail_words.ROLES) == {*Membership.Role, "patient", "guardian"}


def test_a_copy_asks_for_a_fresh_proof_and_the_search_is_not_lost(officer, alice, mallory, dr_bob):
    saw(alice, mallory, by=dr_bob.user)
    theirs = signed_in(officer)
    theirs.post(SEARCH, {"patient": alice.user.email})
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        late = theirs.get(EXPORT, {"patient": alice.pk})
        sent = theirs.post(f"{EXPORT}?patient={alice.pk}", {"kind": "csv"},
                           headers={"referer": f"http://testserver{EXPORT}"})  # fmt: skip

    back = parse_qs(urlsplit(late["Location"]).query)["next"]
    assert (late.status_code, sent.status_code) == (302, 302)
    assert back == parse_qs(urlsplit(sent["Location"]).query)["next"]
    assert back == [f"{EXPORT}?patient={alice.pk}"]
    assert not AuditEvent.objects.filter(action="trail.exported").exists()


def test_the_page_of_the_copy_says_what_it_will_hold_and_takes_it(theirs, alice, mallory, dr_bob):
    saw(alice, mallory, by=dr_bob.user)
    saw(alice, by=dr_bob.user)
    log = text_of(theirs.get(LOG, {"patient": alice.pk}))
    link = log.partition(f'href="{EXPORT}?')[2].partition('"')[0].replace("&amp;", "&")

    page = text_of(theirs.get(f"{EXPORT}?{link}"))
    copy = theirs.post(f"{EXPORT}?{link}", {"kind": "csv"}).content.decode()

    assert "2 entries, from" in page
    assert "Alice" not in page
    rows = list(csv.DictReader(io.StringIO(copy)))
    assert {row["patient_id"] for row in rows} == {str(alice.pk)}


def test_what_cannot_be_searched_cannot_be_copied(theirs):
    assert theirs.get(EXPORT, {"from_day": "yesterday"}).status_code == 422
