from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from billing.models import Charge
from care import notes
from care.models import ProgressNote
from tests.factories import NINE, end_all_care

OVER = NINE + timedelta(minutes=55)
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def after_the_visit():
    with time_machine.travel(OVER, tick=False):
        yield


@pytest.fixture
def address(held_visit):
    return reverse("care:note", args=[held_visit.id])


@pytest.fixture
def his(sign_in, dr_bob):
    return sign_in(dr_bob.user)


def words(body, *, revision=0, deed="save"):
    return {"body": body, "revision": revision, "deed": deed}


def test_the_page_tells_the_facts_of_the_visit(his, address):
    html = his.get(address).content.decode()

    assert "Note for Alice Doe" in html
    assert "Thursday, December 3, 2026, 9:00\u202fAM, Central Time (Chicago)" in html
    assert "48 minutes, 9:00\u202fAM \u2013 9:48\u202fAM" in html
    assert ("Video" in html, "At home, Illinois" in html) == (True, True)


def test_a_draft_is_kept_and_the_page_says_when(his, address):
    response = his.post(address, words("Slept better.\r\nKeep the diary."))

    html = his.get(address).content.decode()
    assert (response.status_code, response.url) == (302, address)
    assert ("Slept better.\nKeep the diary." in html, "Saved 9:55\u202fAM" in html) == (True, True)


def test_signing_goes_on_to_the_charge(his, address, held_visit):
    response = his.post(address, words("Slept better.", deed="sign"))

    charge = Charge.objects.get(appointment=held_visit)
    assert (response.status_code, response.url) == (
        302,
        reverse("billing:charge", args=[charge.pk]),
    )


def test_signing_twice_goes_on_to_the_same_charge(his, address):
    answers = [his.post(address, words("Slept better.", deed="sign")) for _ in range(2)]

    assert len({(answer.status_code, answer.url) for answer in answers}) == 1


def test_without_a_charge_signing_goes_home(his, dr_bob, visit):
    visit.arrive(now=NINE)

    response = his.post(
        reverse("care:note", args=[visit.id]), words("We spoke by phone.", deed="sign")
    )

    assert (response.status_code, response.url) == (302, reverse("home"))


def test_a_signed_note_is_only_read(his, address):
    his.post(address, words("Slept better.", deed="sign"))

    html = his.get(address).content.decode()

    assert "Signed by Bob Ray, PsyD, Thursday, December 3, 2026" in html
    assert "<textarea" not in html


def test_a_signed_note_answers_409_and_shows_what_was_typed(his, address):
    his.post(address, words("Slept better.", deed="sign"))

    response = his.post(address, words("Slept worse."))

    html = response.content.decode()
    assert response.status_code == 409
    assert ("Slept better." in html, "Slept worse." in html) == (True, True)
    assert ProgressNote.objects.get().body == "Slept better."


def test_an_empty_note_is_refused_in_words(his, address):
    response = his.post(address, words(" ", deed="sign"))

    assert response.status_code == 422
    assert "A signed note cannot be empty." in response.content.decode()
    assert "Saved" not in response.content.decode()


def test_a_second_window_loses_nothing(his, address):
    his.post(address, words("In one window"))

    response = his.post(address, words("In another", revision=0))

    html = response.content.decode()
    assert response.status_code == 409
    assert ("In one window" in html, "In another</textarea>" in html) == (True, True)
    assert ProgressNote.objects.get().body == "In one window"


def test_the_second_window_can_then_be_saved_knowingly(his, address):
    his.post(address, words("In one window"))
    conflict = his.post(address, words("In another", revision=0))
    revision = conflict.context["form"]["revision"].value()

    his.post(address, words("In another", revision=revision))

    assert ProgressNote.objects.get().body == "In another"


def test_a_visit_that_may_still_go_on_is_not_signed_away(his, visit):
    visit.arrive(now=NINE)
    address = reverse("care:note", args=[visit.id])
    with time_machine.travel(NINE, tick=False):
        response = his.post(address, words("Too soon", deed="sign"))

    html = response.content.decode()
    assert response.status_code == 409
    assert ("End it first, then sign." in html, "Too soon" in html) == (True, True)


def test_before_anybody_came_the_page_says_so(his, visit):
    response = his.get(reverse("care:note", args=[visit.id]))

    assert response.status_code == 409
    assert "The note opens when the patient has arrived." in response.content.decode()


@pytest.mark.parametrize("person", ["alice", "carol", "mallory"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_for_anybody_else_there_is_no_note(sign_in, address, person, method, request):
    client = sign_in(request.getfixturevalue(person).user)

    response = getattr(client, method)(address, words("Mine", deed="sign"))

    assert (response.status_code, ProgressNote.objects.count()) == (404, 0)


def test_an_open_page_saves_as_it_goes(his, address):
    response = his.post(address, words("Slept"), headers=FRAGMENT)

    html = response.content.decode()
    assert response.status_code == 200
    assert ('name="revision" value="1"' in html, "Saved 9:55\u202fAM" in html) == (True, True)
    assert "<html" not in html


def test_words_that_were_not_kept_are_not_called_saved(his, address):
    his.post(address, words("Slept better."))

    response = his.post(address, words("", revision=1, deed="sign"))

    assert "Saved" not in response.content.decode()


def test_an_open_page_that_saves_nothing_is_not_told_that_it_was_saved(his, address):
    response = his.post(address, words(""), headers=FRAGMENT)

    assert "Saved" not in response.content.decode()


def test_an_open_page_hears_of_another_window(his, address, held_visit, dr_bob):
    note = notes.open_note(appointment=held_visit, by=dr_bob.user, now=OVER)
    notes.save(note=note, body="Elsewhere", by=dr_bob.user, now=OVER)

    response = his.post(address, words("Here"), headers=FRAGMENT)

    assert (response.status_code, response.content) == (409, b"")


@pytest.mark.parametrize("wrong", [{"revision": "x"}, {"deed": "burn"}, {"deed": ""}])
def test_a_form_that_is_not_ours_is_refused_and_the_words_are_kept(his, address, wrong):
    response = his.post(address, words("Slept better.") | wrong)

    assert response.status_code == 422
    assert "Slept better.</textarea>" in response.content.decode()


def test_after_the_end_of_care_the_note_is_closed_and_kept(his, note, address):
    words_before = note.body
    end_all_care()

    answers = [his.get(address), his.post(address, words("Once more"))]

    note.refresh_from_db()
    assert [answer.status_code for answer in answers] == [404, 404]
    assert list(ProgressNote.objects.visible_to(note.author.user)) == []
    assert note.body == words_before
