import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import erasure
from messaging import threads
from messaging.models import LONGEST, Message, Thread
from tests.factories import NOW, end_all_care, make_patient, make_visit

FRAGMENT = {"HX-Request": "true"}


def page(thread):
    return reverse("messaging:thread", args=[thread.id])


def form(body="Hello", message_id=None):
    return {"body": body, "message_id": str(message_id or uuid.uuid4())}


def test_the_list_shows_whom_and_how_many_but_no_words(sign_in, write, alice, dr_bob):
    write(dr_bob, "Secret words")
    write(dr_bob, "More of them")

    html = sign_in(alice.user).get(reverse("messaging:list")).content.decode()

    assert ("Bob Ray, PsyD" in html, "2 new" in html) == (True, True)
    assert ("Secret" in html, "More of them" in html) == (False, False)


def test_the_list_names_the_zone_of_its_times(sign_in, write, dr_bob):
    write(dr_bob)

    html = sign_in(dr_bob.user).get(reverse("messaging:list")).content.decode()

    assert "Times in Central Time (Chicago)." in html
    assert "Tuesday, December 1, 2026, 9:00\u202fAM" in html


def test_the_list_of_another_is_empty(sign_in, write, alice, carol):
    write(alice)

    response = sign_in(carol.user).get(reverse("messaging:list"))

    assert (list(response.context["rows"]), list(response.context["openings"])) == ([], [])


def test_the_list_asks_no_more_for_three_people_than_for_one(sign_in, practice, dr_bob):
    client, counts = sign_in(dr_bob.user), []
    for n in range(3):
        for kind in (0, 1):  # one who has written, one who has not
            patient = make_patient(practice, f"Person{n}{kind} Doe")
            day = NOW + timedelta(days=2 * n + kind)
            visit = make_visit(dr_bob, patient, starts_at=day)
            if kind:
                threads.open_for(visit, now=NOW)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("messaging:list"))
        counts.append(len(asked))

    assert counts == [counts[0]] * 3


def test_a_thread_is_opened_from_a_visit(sign_in, alice, visit):
    response = sign_in(alice.user).post(reverse("messaging:create_thread", args=[visit.id]))

    assert (response.status_code, response.url) == (302, page(Thread.objects.get()))


def test_a_stranger_cannot_open_a_thread_from_a_visit(sign_in, mallory, visit):
    response = sign_in(mallory.user).post(reverse("messaging:create_thread", args=[visit.id]))

    assert (response.status_code, Thread.objects.count()) == (404, 0)


def test_a_hold_opens_no_thread(sign_in, alice, dr_bob):
    hold = make_visit(dr_bob, alice, status="held", holder="secret", held_until=NOW, booked_at=None)

    response = sign_in(alice.user).post(reverse("messaging:create_thread", args=[hold.id]))

    assert response.status_code == 404


def test_sending_shows_the_message_on_the_page(sign_in, alice, thread):
    client = sign_in(alice.user)

    response = client.post(page(thread), form("Two nights\r\nwithout waking"))

    assert (response.status_code, response.url) == (302, page(thread) + "#message-1")
    assert "Two nights<br>without waking" in client.get(page(thread)).content.decode()


def test_sending_twice_is_one_message(sign_in, alice, thread):
    client, words = sign_in(alice.user), form()

    answers = [client.post(page(thread), words).url for _ in range(2)]

    assert (len(set(answers)), Message.objects.count()) == (1, 1)


def test_an_empty_message_is_refused_in_words(sign_in, alice, thread):
    response = sign_in(alice.user).post(page(thread), form("  \r\n "))

    assert response.status_code == 422
    assert "Write something first." in response.content.decode()


def test_a_message_that_is_too_long_is_refused_and_kept(sign_in, alice, thread):
    words = "x" * (LONGEST + 1)

    response = sign_in(alice.user).post(page(thread), form(words))

    html = response.content.decode()
    assert response.status_code == 422
    assert "This is 4001 characters long, and 4000 is the most that fits." in html
    assert words in html


def test_a_line_end_counts_once(sign_in, alice, thread):
    response = sign_in(alice.user).post(page(thread), form("x\r\n" * (LONGEST // 2 - 1) + "xx"))

    assert response.status_code == 302
    assert len(Message.objects.get().body) == LONGEST


def test_other_words_under_a_used_id_are_kept_and_can_be_sent_again(sign_in, alice, thread):
    client, used = sign_in(alice.user), uuid.uuid4()
    client.post(page(thread), form("Hello", used))

    response = client.post(page(thread), form("Hello, and one more thing", used))

    again = response.context["form"]
    assert (response.status_code, Message.objects.count()) == (409, 1)
    assert again["body"].value() == "Hello, and one more thing"
    assert client.post(page(thread), again.data).status_code == 302


def test_an_id_that_is_none_is_refused_without_losing_the_words(sign_in, alice, thread):
    response = sign_in(alice.user).post(page(thread), form("Hello", "not-an-id"))

    assert (response.status_code, "Hello" in response.content.decode()) == (422, True)


@pytest.mark.parametrize("stranger", ["carol", "mallory"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_finds_no_thread(sign_in, thread, stranger, method, request):
    client = sign_in(request.getfixturevalue(stranger).user)

    responses = [
        getattr(client, method)(page(thread), form()),
        client.get(reverse("messaging:missed", args=[thread.id, 0])),
        client.post(reverse("messaging:create_reading", args=[thread.id]), {"number": 1}),
    ]

    assert [r.status_code for r in responses] == [404, 404, 404]
    assert Message.objects.count() == 0


def test_a_visitor_is_asked_to_sign_in(client, thread):
    response = client.get(page(thread))

    assert response.status_code == 302


def test_words_are_shown_as_words(sign_in, write, alice, dr_bob, thread):
    write(alice, "<script>alert(1)</script>")

    html = sign_in(dr_bob.user).get(page(thread)).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in html


def test_the_patient_is_told_when_an_answer_comes_and_when_not(sign_in, alice, thread):
    html = sign_in(alice.user).get(page(thread)).content.decode()

    assert "Usually answers within one working day." in html
    assert "Not watched at night. In an emergency call" in html
    assert html.index("Not watched at night") < html.index("<textarea")


def test_an_open_page_gets_its_message_and_a_fresh_form(sign_in, alice, thread):
    words = form("Hello")

    response = sign_in(alice.user).post(page(thread), words, headers=FRAGMENT)

    html = response.content.decode()
    assert (response.status_code, html.count("<li"), html.count("<form")) == (200, 1, 1)
    assert ("<html" in html, words["message_id"] in html) == (False, False)


def test_an_open_page_gets_a_refusal_as_a_form(sign_in, alice, thread):
    response = sign_in(alice.user).post(page(thread), form(""), headers=FRAGMENT)

    html = response.content.decode()
    assert (response.status_code, html.count("<form"), "<html" in html) == (422, 1, False)


def test_an_open_page_can_ask_for_what_it_missed(sign_in, write, alice, dr_bob, thread):
    for body in ("One", "Two", "Three"):
        write(dr_bob, body)

    response = sign_in(alice.user).get(reverse("messaging:missed", args=[thread.id, 1]))

    assert [message.body for message in response.context["shown"]] == ["Two", "Three"]
    assert "One" not in response.content.decode()


def test_what_was_missed_is_not_read_by_asking_without_the_body(
    sign_in, write, alice, dr_bob, thread
):
    message = write(dr_bob)

    head = sign_in(alice.user).head(reverse("messaging:missed", args=[thread.id, 0]))

    message.refresh_from_db()
    assert (head.status_code, head.content, message.read_at) == (200, b"", None)


def test_an_open_page_tells_what_was_seen(sign_in, write, alice, dr_bob, thread):
    write(dr_bob)
    address = reverse("messaging:create_reading", args=[thread.id])

    response = sign_in(alice.user).post(address, {"number": 1})

    assert (response.status_code, thread.messages.get().read_at is None) == (204, False)


def test_what_was_seen_must_be_a_number(sign_in, alice, thread):
    address = reverse("messaging:create_reading", args=[thread.id])

    assert sign_in(alice.user).post(address, {"number": "all"}).status_code == 422


def test_a_long_thread_has_earlier_pages(sign_in, write, alice, thread, monkeypatch):
    monkeypatch.setattr("messaging.messages.PAGE", 2)
    for body in ("One", "Two", "Three"):
        write(alice, body)
    client = sign_in(alice.user)

    latest, earlier = client.get(page(thread)), client.get(page(thread), {"before": "2"})

    assert 'href="?before=2"' in latest.content.decode()
    assert [m.body for m in earlier.context["shown"]] == ["One"]
    assert (latest.context["is_latest"], earlier.context["is_latest"]) == (True, False)


@pytest.mark.parametrize("before", ["x", "-1", "9" * 60])
def test_a_page_that_is_none_is_the_last(sign_in, write, alice, thread, before):
    write(alice)

    response = sign_in(alice.user).get(page(thread), {"before": before})

    assert [m.number for m in response.context["shown"]] == [1]


@pytest.mark.parametrize("before", ["9" * 5000, "9" * 30, "0", "-1", "x", "1\N{SUPERSCRIPT TWO}"])
def test_a_number_that_cannot_be_read_shows_the_newest(sign_in, write, thread, alice, before):
    write(alice, "Newest words")

    response = sign_in(alice.user).get(page(thread), {"before": before})

    assert response.status_code == 200
    assert "Newest words" in response.content.decode()


def test_a_reading_that_cannot_be_read_is_refused_in_words(sign_in, thread, alice):
    address = reverse("messaging:create_reading", args=[thread.id])

    response = sign_in(alice.user).post(address, {"number": "x"})

    assert response.status_code == 422
    assert response.content.decode() == "This is not the number of a message."


@pytest.fixture
def ended(thread, write, alice):
    """The thread of two whose care has ended, with a message in it."""
    write(alice, "From before")
    end_all_care()
    return reverse("messaging:thread", args=[thread.id])


def test_after_the_end_of_care_the_patient_reads_and_is_told_whom_to_call(sign_in, alice, ended):
    page = sign_in(alice.user).get(ended).content.decode()

    assert "From before" in page
    assert "has ended, so nobody would read a message here" in page
    assert 'href="tel:312-555-0100"' in page
    assert "<textarea" not in page


def test_after_the_end_of_care_words_are_not_lost(sign_in, alice, ended):
    words = {"message_id": str(uuid.uuid4()), "body": "Are you there?"}

    response = sign_in(alice.user).post(ended, words)

    assert response.status_code == 409
    assert "Are you there?" in response.content.decode()
    assert Message.objects.count() == 1


def test_after_the_end_of_care_the_provider_finds_nothing(sign_in, dr_bob, ended):
    his = sign_in(dr_bob.user)

    assert [his.get(ended).status_code, his.post(ended).status_code] == [404, 404]
    assert "Alice" not in his.get(reverse("messaging:list")).content.decode()


def close_account(provider):
    provider.user.is_active = False
    provider.user.save()


def take_role(provider):
    provider.user.memberships.update(role="supervisor")


@pytest.mark.parametrize("leave", [close_account, take_role])
def test_where_the_therapist_is_gone_the_patient_is_told_whom_to_call(
    sign_in, thread, write, alice, dr_bob, leave
):
    write(alice)
    hers = sign_in(alice.user)
    before = hers.get(page(thread)).content.decode()

    leave(dr_bob)
    shown = hers.get(page(thread)).content.decode()
    sent = hers.post(page(thread), form("Are you there?"))

    promise = "Usually answers within one working day."
    assert (promise in before, promise in shown) == (True, False)
    assert "Bob Ray, PsyD is not reading messages here any more." in shown
    assert ("312-555-0100" in shown, "<textarea" in shown) == (True, False)
    assert (sent.status_code, "Are you there?" in sent.content.decode()) == (409, True)
    assert Message.objects.count() == 1


@pytest.mark.parametrize("leave", [close_account, take_role])
def test_nor_is_she_invited_to_begin_a_thread(sign_in, visit, alice, dr_bob, leave):
    hers = sign_in(alice.user)
    offered = [opening.name for opening in hers.get(reverse("messaging:list")).context["openings"]]

    leave(dr_bob)
    shown = hers.get(reverse("messaging:list")).context["openings"]
    begun = hers.post(reverse("messaging:create_thread", args=[visit.id]))

    assert (offered, list(shown)) == (["Bob Ray, PsyD"], [])
    assert (begun.status_code, Thread.objects.count()) == (404, 0)


def test_to_an_erased_patient_nobody_writes(sign_in, thread, write, alice, dr_bob, biller):
    write(alice)
    erasure.erase(patient=alice, reason="request", by=biller, now=NOW)
    his = sign_in(dr_bob.user)

    shown = his.get(page(thread)).content.decode()
    sent = his.post(page(thread), form())

    assert "This record was erased, so nobody would read a message here." in shown
    assert ("<textarea" in shown, sent.status_code, Message.objects.count()) == (False, 410, 1)
