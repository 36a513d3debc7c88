"""The pages of a therapist's private notes."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from accounts import erasure, holds
from care.models import PsychotherapyNote
from core.models import AuditEvent
from tests.factories import (
    NINE,
    NOW,
    PASSWORD,
    RECORDED,
    SCOPED,
    end_all_care,
    make_care,
    make_psychotherapy_note,
)
from tests.signing_in import signed_in

WORDS = "She reminds me <of> my brother."
SHOWN = "She reminds me &lt;of&gt; my brother."
ALL = reverse("care:own_psychotherapy_notes")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def address(alice, dr_bob):
    """The private notes of dr_bob on alice, whom he treats."""
    make_care(alice, dr_bob)
    return reverse("care:psychotherapy_notes", args=[alice.ref])


@pytest.fixture
def note(address, alice, dr_bob):
    return make_psychotherapy_note(alice, dr_bob, body=WORDS, written_at=NOW)


@pytest.fixture
def his(sign_in, dr_bob):
    return sign_in(dr_bob.user)


def page_of(note):
    return reverse("care:psychotherapy_note", args=[note.pk])


def end_of(note):
    return reverse("care:psychotherapy_note_destruction", args=[note.pk])


def form(body=WORDS, **more):
    return {"note_id": str(uuid4()), "body": body} | more


def text(response):
    return response.content.decode()


def reads():
    return set(AuditEvent.objects.values_list("action", "by_id", "patient_id"))


def test_the_page_says_what_it_is_for_and_what_is_not_written_there(his, address):
    page = text(his.get(address))

    assert "Private notes on Alice Doe" in page
    assert "For you alone. No supervisor" in page
    assert "medication, start and stop times" in page
    assert "Nobody takes them over." in page
    assert "Nothing yet. What you keep is listed here by its day, for you alone." in page


@pytest.mark.parametrize("name", ["appointments:detail", "care:note"])
def test_a_visit_leads_there(his, visit, alice, name):
    visit.arrive(now=visit.starts_at)

    page = text(his.get(reverse(name, args=[visit.pk])))

    assert f'href="{reverse("care:psychotherapy_notes", args=[alice.ref])}"' in page


def test_the_patient_is_led_to_no_such_page(sign_in, visit, alice):
    page = text(sign_in(alice.user).get(reverse("appointments:detail", args=[visit.pk])))

    assert "rivate note" not in page


def test_what_is_kept_is_listed_by_its_time_and_read_on_its_own_page(his, address):
    answer = his.post(address, form("First.\r\n<Second>"))

    note = PsychotherapyNote.objects.get()
    listed = text(his.get(address))
    assert answer.url == address
    assert "Kept. Only you can read it." in listed
    assert f'href="{page_of(note)}"' in listed
    assert ("December 3, 2026, 9:00\u202fAM" in listed, "First." in listed) == (True, False)
    assert "First.<br>&lt;Second&gt;" in text(his.get(page_of(note)))


@pytest.mark.parametrize("body", ["", " \n ", "\u200b"])
def test_without_words_nothing_is_kept(his, address, body):
    answer = his.post(address, form(body))

    assert (answer.status_code, PsychotherapyNote.objects.count()) == (422, 0)
    assert "Write a line or two first." in text(answer)


def test_a_form_that_is_not_ours_is_refused_and_the_words_stay(his, address):
    answer = his.post(address, form(note_id="7"))

    assert (answer.status_code, PsychotherapyNote.objects.count()) == (422, 0)
    assert f"{SHOWN}</textarea>" in text(answer)


def test_sent_twice_it_is_kept_once(his, address):
    told = form()

    answers = [his.post(address, told) for _ in range(2)]

    assert [answer.url for answer in answers] == [address, address]
    assert PsychotherapyNote.objects.count() == 1


def test_sent_again_with_other_words_they_can_be_kept_beside_the_first(his, address):
    told = form()
    his.post(address, told)

    answer = his.post(address, told | {"body": "Other words"})

    anew = answer.context["form"]["note_id"].value()
    assert (answer.status_code, PsychotherapyNote.objects.count()) == (409, 1)
    assert "Other words</textarea>" in text(answer)
    assert "An earlier version of this was kept." in text(answer)
    his.post(address, {"note_id": str(anew), "body": "Other words"})
    assert PsychotherapyNote.objects.count() == 2


def test_who_does_not_treat_her_finds_no_such_page(sign_in, address, carol):
    answers = [
        sign_in(carol.user).get(address),
        sign_in(carol.user).post(address, form()),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert PsychotherapyNote.objects.count() == 0


def test_what_was_typed_into_a_locked_page_is_offered_again(dr_bob, address, clock):
    client = signed_in(dr_bob.user, at=NINE.timestamp())
    clock.shift(timedelta(hours=1))

    late = client.post(address, form())

    kept = unescape(re.search(r'name="kept" value="([^"]*)"', text(late))[1])
    offered = text(client.post(reverse("accounts:lock"), {"password": PASSWORD, "kept": kept}))
    assert (late.status_code, PsychotherapyNote.objects.count()) == (423, 0)
    assert f'action="{address}"' in offered
    assert SHOWN in offered


def test_a_note_of_a_patient_in_care_has_her_name(his, note, alice):
    pages = [text(his.get(address)) for address in (page_of(note), ALL)]

    assert all("Alice Doe" in page for page in pages)
    assert SHOWN in pages[0]
    assert "Alice" not in pages[0].split("<title>")[1].split("</title>")[0]


def test_after_the_end_of_care_the_words_are_hers_and_the_name_is_not(his, note, address):
    end_all_care()

    pages = [text(his.get(where)) for where in (ALL, page_of(note), end_of(note))]

    assert SHOWN in pages[1]
    assert [page for page in pages if "Alice" in page] == []
    assert [page for page in pages if "Your care for this patient has ended" not in page] == []
    assert his.get(address).status_code == 404
    assert his.post(address, form()).status_code == 404


def test_the_page_that_ends_care_says_what_becomes_of_them(his, note, alice):
    page = text(his.get(reverse("appointments:care_ending", args=[alice.ref])))

    assert "Your private notes stay yours alone, without the name." in page


def test_without_any_the_list_says_how_to_begin(his):
    assert "Nothing yet. You begin a note from a visit of the patient." in text(his.get(ALL))


def test_reading_is_on_the_trail_and_a_list_without_names_is_not(his, note, alice, dr_bob):
    end_all_care()
    his.get(ALL)
    unread = reads()

    his.get(page_of(note))

    assert unread == set()
    assert reads() == {("care.psychotherapy-note.read", dr_bob.user.pk, alice.pk)}


def test_the_patient_is_told_that_and_not_what(sign_in, his, note, alice):
    his.get(page_of(note))
    page = text(sign_in(alice.user).get(reverse("accounts:access")))

    assert "Read a private note of their own" in page
    assert "brother" not in page


def test_a_note_is_destroyed_after_a_question(his, note):
    asked = text(his.get(end_of(note)))
    before = PsychotherapyNote.objects.count()

    answer = his.post(end_of(note))

    assert "Nothing brings it back here." in asked
    assert (before, PsychotherapyNote.objects.count(), answer.url) == (1, 0, ALL)
    assert "The note is destroyed." in text(his.get(ALL))
    assert [his.get(page_of(note)).status_code, his.post(end_of(note)).status_code] == [404, 404]


def test_under_a_legal_hold_the_page_says_why_it_stays(his, note, alice, biller):
    holds.place(patient=alice, reason="The suit of Doe", by=biller, now=NOW)

    answers = [his.get(end_of(note)), his.post(end_of(note))]

    assert [answer.status_code for answer in answers] == [200, 409]
    for page in map(text, answers):
        assert "This note has to be kept for now." in page
        assert ("Destroy it</button>" in page, "suit" in page) == (False, False)
    assert PsychotherapyNote.objects.count() == 1


def test_of_an_erased_patient_it_says_so_and_none_is_begun(his, note, address, alice, biller):
    erasure.erase(patient=alice, reason="request", by=biller, now=NOW)

    read, begun = his.get(page_of(note)), his.post(address, form())

    assert (read.status_code, "Erased" in text(read), SHOWN in text(read)) == (200, True, False)
    assert (begun.status_code, PsychotherapyNote.objects.count()) == (410, 1)
    assert "and this note with it" in text(read)
    assert not any(words in text(read) for words in ("stays as it was", "Only you can open"))
    assert "Erased" in text(his.get(ALL))


def test_a_destroyed_one_does_not_come_back_from_a_form_of_before(his, address, note):
    sent = form() | {"note_id": str(note.pk)}
    his.post(end_of(note))

    response = his.post(address, sent)

    assert (response.status_code, PsychotherapyNote.objects.count()) == (409, 0)
    assert "was destroyed" in text(response)


def test_a_long_list_has_pages(his, address, alice, dr_bob):
    for minute in range(26):
        make_psychotherapy_note(alice, dr_bob, written_at=NOW + timedelta(minutes=minute))

    pages = [text(his.get(where, {"page": 2})) for where in (address, ALL)]

    assert [page.count("/private-notes/") for page in pages] == [3, 2]
    assert all("Page 2 of 2" in page for page in pages)


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_asks_the_same_number_of_questions(
    his, address, alice, dr_bob, django_assert_num_queries, count
):
    for _ in range(count):
        make_psychotherapy_note(alice, dr_bob)
    his.get(ALL)  # what is asked once a process

    with django_assert_num_queries(6 + SCOPED + RECORDED):
        assert his.get(ALL).status_code == 200
