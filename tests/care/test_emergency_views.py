"""The pages of an emergency access: asked for, read by, over."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts import emergency
from accounts.models import EmergencyAccess, Membership
from care import consents, labels, notes
from core.models import AuditEvent, Duty
from tests.factories import NINE, make_care, make_member, make_patient, make_practice, make_visit
from tests.signing_in import signed_in

OVER = NINE + timedelta(minutes=55)
MINUTE = timedelta(minutes=1)
ADDRESS = reverse("care:emergency_access")
ASKED = {
    "legal_name": "Alice Doe",
    "born_on": "1991-05-04",
    "reason": "medical",
    "circumstances": "Found unconscious at a station.",
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(OVER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def signed(note, dr_bob):
    return notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=OVER)


@pytest.fixture
def hers(sign_in, carol):
    return sign_in(carol.user)


@pytest.fixture
def access(alice, carol):
    why = {"reason": "medical", "circumstances": "Found unconscious."}
    return emergency.open_access(patient=alice, by=carol.user, now=OVER, **why)


def chart_of(access):
    return reverse("care:emergency_chart", args=[access.pk])


def note_of(access, note):
    return reverse("care:emergency_note", args=[access.pk, note.pk])


def ending_of(access):
    return reverse("care:create_emergency_ending", args=[access.pk])


def of_record():
    """What is on the trail of a patient, beside visits."""
    found = AuditEvent.objects.exclude(patient_id=None).exclude(action__startswith="appointment")
    return list(found.order_by("pk").values_list("action", "purpose", "by_id"))


def test_she_asks_reads_and_ends_it(hers, carol, signed, clock):
    before = AuditEvent.objects.count()

    opened = hers.post(ADDRESS, ASKED)
    access = EmergencyAccess.objects.get()
    record = hers.get(opened.url).content.decode()
    read = hers.get(note_of(access, signed)).content.decode()
    clock.shift(60)
    ended = hers.post(ending_of(access))

    assert (opened.url, ended.url) == (chart_of(access), reverse("home"))
    for words in ("Alice Doe", "May 4, 1991", "312-555-0123", "Sam Doe, Brother", "Bob Ray, PsyD"):
        assert words in record
    assert "Slept better." not in record
    assert "Slept better." in read
    for page in (record, read):
        assert "Emergency access until" in page
        assert "10:25" in page
    done = AuditEvent.objects.order_by("pk")[before:]
    assert [(e.action, e.purpose, e.by_id) for e in done if e.patient_id] == [
        ("emergency.opened", "emergency", carol.user_id),
        ("care.emergency-chart.read", "emergency", carol.user_id),
        ("note.read", "emergency", carol.user_id),
        ("care.emergency-note.read", "emergency", carol.user_id),
        ("emergency.ended", "emergency", carol.user_id),
    ]


@pytest.mark.parametrize(
    ("after", "status"), [(timedelta(minutes=30) - MINUTE / 60, 200), (timedelta(minutes=30), 404)]
)
def test_at_the_half_hour_every_page_of_it_is_gone(carol, access, signed, clock, after, status):
    clock.move_to(OVER + after)
    client = signed_in(carol.user)

    pages = [client.get(page).status_code for page in (chart_of(access), note_of(access, signed))]

    assert pages == [status, status]
    if status == 404:
        assert client.post(ending_of(access)).status_code == 404


def test_after_an_early_end_every_page_of_it_is_gone(hers, access, signed):
    hers.post(ending_of(access))

    gone = [hers.get(page).status_code for page in (chart_of(access), note_of(access, signed))]

    assert [*gone, hers.post(ending_of(access)).status_code] == [404, 404, 404]


def test_it_opens_to_nobody_else(sign_in, dr_bob, alice, access, signed):
    for user in (dr_bob.user, alice.user):
        client = sign_in(user)
        assert client.get(chart_of(access)).status_code == 404
        assert client.get(note_of(access, signed)).status_code == 404
        assert client.post(ending_of(access)).status_code == 404


def test_a_note_of_another_patient_is_not_there(hers, access, carol, practice):
    kim = make_patient(practice, "Kim Low")
    visit = make_visit(carol, kim, starts_at=OVER - timedelta(hours=3), status="arrived",
                       arrived_at=OVER)  # fmt: skip
    other = notes.open_note(appointment=visit, by=carol.user, now=OVER)
    notes.sign(note=other, body="Kim told.", by=carol.user, now=OVER)

    assert hers.get(note_of(access, other)).status_code == 404


def test_what_is_not_signed_stays_closed(hers, access, note):
    assert "Nothing is signed yet." in hers.get(chart_of(access)).content.decode()
    assert hers.get(note_of(access, note)).status_code == 404


@pytest.mark.parametrize(
    ("label", "reason", "is_permitted", "is_shown"),
    [
        ("", "danger-to-self", False, True),
        ("substance-use", "medical", False, True),  # 42 CFR 2.51
        ("substance-use", "danger-to-self", False, False),
        ("substance-use", "danger-to-self", True, True),
        ("substance-use-counseling", "medical", False, False),
        ("substance-use-counseling", "medical", True, True),
    ],
)
def test_what_has_a_label_is_shown_as_she_permits_or_in_a_medical_emergency(
    hers, alice, carol, dr_bob, signed, label, reason, is_permitted, is_shown
):
    labels.put(note=signed, label=label, by=dr_bob.user, now=OVER)
    if is_permitted:
        text = consents.text_of(label, on=OVER.date())
        consents.sign(
            patient=alice, document=text, signed_name="Alice Doe", by=alice.user, now=OVER
        )
    why = {"reason": reason, "circumstances": "Found unconscious."}
    access = emergency.open_access(patient=alice, by=carol.user, now=OVER, **why)

    page = hers.get(note_of(access, signed))

    assert page.status_code == (200 if is_shown else 404)
    assert ("42 CFR part 2" in page.content.decode()) == (is_shown and label != "")
    assert ("because of a medical emergency" in page.content.decode()) == (
        is_shown and label != "" and not is_permitted
    )


def test_it_opens_only_to_read_and_only_its_own_pages(hers, access, signed, visit):
    closed = ["care:note", "appointments:detail", "video:room", "video:room_facts"]

    answers = [hers.get(reverse(name, args=[visit.pk])).status_code for name in closed]

    assert answers == [404] * len(closed)
    assert hers.get(reverse("care:signed_note", args=[signed.pk])).status_code == 404
    assert [hers.post(page).status_code for page in (chart_of(access), note_of(access, signed))] \
        == [405, 405]  # fmt: skip


# Asking.


@pytest.mark.parametrize(
    "missing",
    [{name: ""} for name in ASKED]
    + [{"reason": "curious"}, {"born_on": "1790-01-01"}, {"circumstances": "\u200b"}],
)
def test_who_and_why_are_said_whole_and_the_words_are_kept(hers, alice, missing):
    answer = hers.post(ADDRESS, ASKED | missing)

    assert (answer.status_code, EmergencyAccess.objects.count()) == (422, 0)
    if "circumstances" not in missing:
        assert "Found unconscious at a station." in answer.content.decode()


def page_without_what_was_typed(answer, asked):
    page = answer.content.decode()
    for words in asked.values():
        page = page.replace(words, "")
    return page.partition('<form class="stack"')[2].partition("csrfmiddlewaretoken")[2][100:]


def test_unknown_and_foreign_get_the_same_answer(hers, alice):
    make_patient(make_practice(name="Elsewhere"), "Eva Far")
    foreign, unknown = ASKED | {"legal_name": "Eva Far"}, ASKED | {"legal_name": "Ida Low"}

    answers = [hers.post(ADDRESS, asked) for asked in (foreign, unknown)]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert page_without_what_was_typed(answers[0], foreign) == page_without_what_was_typed(
        answers[1], unknown
    )
    assert "Nothing was opened" in answers[0].content.decode()
    assert EmergencyAccess.objects.count() == Duty.objects.filter(kind="notice.emergency").count()
    assert AuditEvent.objects.filter(action="emergency.missed", patient_id=None).count() == 2


def test_two_of_one_name_are_told_apart_by_a_call(hers, practice, alice):
    twin = make_member(practice, Membership.Role.PEER, "a2@example.com")
    make_patient(practice, "Alice Doe", user=twin)

    answer = hers.post(ADDRESS, ASKED)

    assert (answer.status_code, EmergencyAccess.objects.count()) == (409, 0)
    assert practice.phone in answer.content.decode()


def test_who_cares_for_the_patient_is_led_to_the_visits(hers, alice, carol):
    make_care(alice, carol)

    answer = hers.post(ADDRESS, ASKED)

    assert (answer.status_code, EmergencyAccess.objects.count()) == (409, 0)
    assert "in your care" in answer.content.decode()


def test_after_five_tries_in_ten_minutes_the_answer_is_429(hers, alice):
    tries = [hers.post(ADDRESS, ASKED | {"legal_name": f"Ida {n}"}) for n in "abcdef"]

    assert [answer.status_code for answer in tries] == [422] * 5 + [429]
    assert hers.post(ADDRESS, ASKED).status_code == 429
    assert EmergencyAccess.objects.count() == 0


def test_the_tries_are_counted_for_each_person(hers, sign_in, alice, practice):
    sue = make_member(practice, Membership.Role.SUPERVISOR, "sue@example.com")
    for _ in range(6):
        hers.post(ADDRESS, ASKED | {"legal_name": "Ida Low"})

    assert sign_in(sue).post(ADDRESS, ASKED).status_code == 302


def test_a_fresh_proof_is_asked_for_before_the_form_and_before_the_deed(carol, alice, clock):
    client = signed_in(carol.user)
    clock.shift(301)

    asked = [client.get(ADDRESS), client.post(ADDRESS, ASKED)]

    assert [answer.status_code for answer in asked] == [302, 302]
    assert "next=%2Fcare%2Femergency%2F" in asked[0]["Location"] or "next=" in asked[0]["Location"]
    assert EmergencyAccess.objects.count() == 0


def test_what_is_open_is_on_the_page_so_that_she_finds_back(hers, access):
    page = hers.get(ADDRESS).content.decode()

    assert chart_of(access) in page
    assert of_record()[-1][:2] == ("care.emergency-access.read", "emergency")


def test_the_way_there_is_in_the_menu_of_those_who_may(hers, sign_in, practice, biller, alice):
    sue = sign_in(make_member(practice, Membership.Role.SUPERVISOR, "sue@example.com"))

    shown = [ADDRESS in client.get(reverse("home"), follow=True).content.decode()
             for client in (hers, sue, sign_in(biller), sign_in(alice.user))]  # fmt: skip

    assert shown == [True, True, False, False]
