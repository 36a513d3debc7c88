"""Goal row 20: a link in a letter opens one visit, to one browser, once, and to nobody else."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse

from appointments import booking
from core import duties
from core.models import AuditEvent, Duty
from sessions import join_links, join_notices, opening
from sessions.models import JoinLink, VideoSession
from tests.factories import NINE, NOW, VISIT, make_visit

MINUTE = timedelta(minutes=1)
HER_DAY, ANOTHER_DAY = date(1991, 5, 4), date(1991, 5, 5)
SOON = NINE - 10 * MINUTE
DEAD = NINE + VISIT + join_links.LIVES_AFTER
JOIN = "/join/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(SOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def token(visit):
    return join_links.make(appointment=visit, now=SOON)


def use(client, token, born=HER_DAY):
    return client.post(JOIN, {"token": token, "date_of_birth": born.isoformat()})


def check_in_page(visit):
    return reverse("video:room_check_in", args=[visit.pk])


def path_to(name, visit):
    return reverse(name, args=[visit.pk])


# It opens the visit


def test_the_link_leads_to_the_check_in_of_its_visit(client, token, visit):
    response = use(client, token)

    assert (response.status_code, response.url) == (302, check_in_page(visit))
    page = client.get(response.url)
    assert page.status_code == 200
    assert "Five short questions" in page.content.decode()


def test_she_checks_in_and_comes_into_the_room(client, token, visit):
    use(client, token)
    where = {"state": "IL", "address": "12 Elm Street", "callback_phone": "312-555-0123"}

    sent = client.post(check_in_page(visit), where | {"is_at_home": "yes", "is_private": "on"})
    room = client.get(path_to("video:room", visit))

    assert (sent.status_code, room.status_code) == (302, 200)
    assert "<video-room" in room.content.decode()


@pytest.mark.parametrize(
    "name",
    ["home", "appointments:list", "messaging:list", "accounts:about_you", "accounts:security",
     "billing:card", "billing:receipt_list", "care:consents"],
)  # fmt: skip
def test_nothing_else_of_her_account_is_open(client, token, visit, name):
    use(client, token)

    response = client.get(reverse(name))

    assert (response.status_code, response.url.partition("?")[0]) == (302, "/account/login/")


@pytest.mark.parametrize("name", ["appointments:detail", "appointments:invitation"])
def test_not_even_the_page_of_the_visit_is_open(client, token, visit, name):
    use(client, token)

    assert client.get(path_to(name, visit)).url.startswith("/account/login/")


def test_another_visit_of_hers_is_not_open(client, token, visit, dr_bob, alice):
    other = make_visit(dr_bob, alice, starts_at=NINE + timedelta(hours=2))
    use(client, token)

    assert client.get(check_in_page(other)).url.startswith("/account/login/")


def test_the_frame_offers_no_account(client, token, visit):
    page = client.get(use(client, token).url).content.decode()

    assert "Sign out" not in page
    assert reverse("accounts:security") not in page


# One token, 256 bits, kept as its hash


def test_the_token_has_256_bits_and_is_kept_nowhere(token, visit):
    link = JoinLink.objects.get()

    assert len(token) == 43  # 32 bytes in base64
    assert link.token_hash == join_links.hashed(token)
    assert token not in str(JoinLink.objects.values().get())


def test_the_letter_has_the_token_behind_the_hash_and_the_outbox_never(visit, alice):
    join_notices.plan(appointment=visit, now=NOW)
    before = [duty.payload for duty in Duty.objects.all()]
    duties.sweep(now=SOON)

    letter = mail.outbox[-1]
    token = re.search(r"/join/#([\w-]{43})\s", letter.body)[1]
    assert JoinLink.objects.get().token_hash == join_links.hashed(token)
    assert token not in str(before) + str(list(Duty.objects.values()))
    assert letter.to == [alice.user.email]
    assert not re.search(r"Alice|Bob|therap|clinic|psych", letter.subject + letter.body, re.I)


def test_it_is_sent_an_hour_before_the_visit(visit):
    join_notices.plan(appointment=visit, now=NOW)

    assert Duty.objects.get(kind="notice.join").due_at == NINE - timedelta(hours=1)


# Prefetching


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whoever_only_opens_it_changes_nothing(client, token, method):
    before = JoinLink.objects.values().get()

    for path in (JOIN, f"{JOIN}?{token}", f"{JOIN}?token={token}&date_of_birth=1991-05-04"):
        assert client.generic(method, path).status_code == 200

    assert JoinLink.objects.values().get() == before
    assert AuditEvent.objects.filter(action__startswith="join-link.used").count() == 0


def test_a_form_from_another_site_changes_nothing(token):
    stranger = Client(enforce_csrf_checks=True)

    assert use(stranger, token).status_code == 403
    assert JoinLink.objects.get().used_at is None


# Another device


def test_another_browser_is_refused(client, token):
    use(client, token)

    response = use(Client(), token)

    assert response.status_code == 409
    assert "It was opened in another browser" in response.content.decode()


def test_the_same_browser_may_use_it_again(client, token, visit):
    use(client, token)

    assert use(client, token).url == check_in_page(visit)
    assert AuditEvent.objects.filter(action="join-link.used").count() == 1


def test_a_copy_of_the_number_without_the_secret_opens_nothing(client, token, visit):
    use(client, token)
    thief = Client()
    session = thief.session
    session["join_link"], session["join_browser"] = JoinLink.objects.get().pk, "guessed"
    session.save()

    assert thief.get(check_in_page(visit)).url.startswith("/account/login/")


def test_the_session_gets_a_new_name(client, token):
    session = client.session
    session["holder"] = "planted"
    session.save()
    before = session.session_key

    use(client, token)

    assert client.session.session_key != before


# Guessing


def test_an_unknown_token_is_not_found(client, token):
    response = use(client, "A" * 43)

    assert response.status_code == 404
    assert JoinLink.objects.get().wrong_count == 0


def test_a_wrong_date_is_said_and_counted(client, token):
    response = use(client, token, ANOTHER_DAY)

    assert response.status_code == 422
    assert "This is not the date we have." in response.content.decode()
    assert JoinLink.objects.get().wrong_count == 1
    assert AuditEvent.objects.filter(action="join-link.refused").count() == 1


def test_the_fifth_wrong_date_ends_the_link(client, token):
    statuses = [use(Client(), token, ANOTHER_DAY).status_code for _ in range(5)]

    assert statuses == [422, 422, 422, 422, 404]
    assert use(client, token).status_code == 404


def test_tries_of_another_browser_do_not_end_a_link_in_use(client, token):
    use(client, token)

    statuses = {use(Client(), token, ANOTHER_DAY).status_code for _ in range(6)}

    assert (statuses, use(client, token).status_code) == ({409}, 302)


def test_many_tries_from_one_address_are_refused(client, db):
    statuses = [use(client, f"{n:043}").status_code for n in range(22)]

    assert statuses == [404] * 20 + [429] * 2


@pytest.mark.parametrize("form", [{}, {"token": "x"}, {"token": "x", "date_of_birth": "soon"}])
def test_a_form_that_is_not_filled_in_is_422(client, db, form):
    assert client.post(JOIN, form).status_code == 422


def test_the_whole_link_may_be_pasted(client, token, visit):
    assert use(client, f" {join_links.address_of(token)} ").url == check_in_page(visit)


# Its end


@pytest.mark.parametrize(
    ("at", "status"),
    [(DEAD - timedelta(microseconds=1), 302), (DEAD, 404), (DEAD + MINUTE, 404)],
)
def test_it_ends_15_minutes_after_the_visit(client, token, clock, at, status):
    clock.move_to(at)

    assert use(client, token).status_code == status


def test_what_it_opened_closes_at_the_same_moment(client, token, visit, clock):
    use(client, token)
    clock.move_to(DEAD - timedelta(microseconds=1))
    before = client.get(check_in_page(visit)).status_code
    clock.move_to(DEAD)

    assert (before, client.get(check_in_page(visit)).url.partition("?")[0]) == (
        200,
        "/account/login/",
    )


def test_a_visit_that_goes_on_is_not_cut_off(client, token, visit, clock):
    use(client, token)
    opening.open_room(appointment=visit, now=SOON)
    VideoSession.objects.update(status="live", live_at=NINE, waiting_at=SOON, admitted_at=NINE)
    clock.move_to(DEAD + MINUTE)

    assert not client.get(check_in_page(visit)).url.startswith("/account/login/")


def test_cancelling_the_visit_ends_it(client, token, visit, alice):
    use(client, token)
    booking.cancel(appointment=visit, by=alice.user, now=SOON)

    assert client.get(check_in_page(visit)).url.startswith("/account/login/")
    assert use(client, token).status_code == 404
    assert JoinLink.objects.get().revoked_at == SOON


def test_a_closed_account_ends_it(client, token, visit, alice):
    use(client, token)
    alice.user.is_active = False
    alice.user.save()

    assert client.get(check_in_page(visit)).url.startswith("/account/login/")


def test_who_signs_in_with_a_second_factor_gets_the_letter_without_a_link(visit, monkeypatch):
    monkeypatch.setattr("accounts.factors.has_one", lambda _user: True)
    join_notices.plan(appointment=visit, now=SOON)
    duties.sweep(now=SOON)

    [letter] = mail.outbox
    assert (JoinLink.objects.count(), "/join/" in letter.body) == (0, False)
    assert f"/visits/{visit.pk}/response/\n" in letter.body


# A new one


def test_a_new_link_ends_the_one_before(client, token, visit):
    use(client, token)
    newest = join_links.make(appointment=visit, now=SOON)

    assert client.get(check_in_page(visit)).url.startswith("/account/login/")
    assert use(client, token).status_code == 404
    assert use(client, newest).status_code == 302


def test_whoever_has_the_letter_may_ask_for_a_new_one_which_goes_to_the_mailbox(
    client, token, alice
):
    response = client.post("/join/new/", {"token": token})
    duties.sweep(now=SOON)

    assert response.status_code == 200
    assert [letter.to for letter in mail.outbox] == [[alice.user.email]]
    assert JoinLink.objects.open().get().token_hash != join_links.hashed(token)


def test_the_answer_tells_nothing_and_one_letter_gives_one_new_one(client, token):
    answers = {client.post("/join/new/", {"token": t}).content[-300:] for t in (token, "x", token)}

    assert len(answers) == 1
    assert Duty.objects.filter(kind="notice.join").count() == 1


# Two at once


@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_at_once_one_has_it(token):
    def come(browser):
        try:
            join_links.use(token=token, date_of_birth=HER_DAY, browser=browser, now=SOON)
        except join_links.UsedElsewhere:
            return "refused"
        else:
            return "in"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(come, [f"browser {n}" for n in range(8)]))

    assert sorted(outcomes) == ["in"] + ["refused"] * 7
    assert AuditEvent.objects.filter(action="join-link.used").count() == 1


@pytest.mark.django_db(transaction=True)
def test_dates_that_are_guessed_at_once_are_all_counted(token):
    def guess(n):
        try:
            join_links.use(token=token, date_of_birth=date(1970, 1, 1 + n), browser="b", now=SOON)
        except join_links.Refused as refusal:
            return type(refusal).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(12)))

    assert outcomes.count("WrongDate") == 4
    assert outcomes.count("NoSuchLink") == 8


# What the database refuses


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({}, "join_link_open_once"),
        ({"used_at": NOW, "revoked_at": NOW}, "join_link_used_by_a_browser"),
        ({"browser_hash": "x", "revoked_at": NOW}, "join_link_used_by_a_browser"),
        ({"wrong_count": 6, "revoked_at": NOW}, "join_link_tries_end"),
    ],
)
def test_the_database_refuses_an_impossible_link(token, visit, fields, constraint):
    values = {"appointment": visit, "token_hash": "other", "sent_at": NOW}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        JoinLink.objects.create(**values | fields)


def test_the_database_refuses_an_open_link_that_was_tried_too_often(token):
    with pytest.raises(IntegrityError, match="join_link_tries_end"), transaction.atomic():
        JoinLink.objects.update(wrong_count=5)


def test_whoever_leaves_in_a_hurry_has_left(client, token, visit):
    use(client, token)
    room = reverse("video:room_check_in", args=[visit.pk])
    assert client.get(room).status_code in (HTTPStatus.OK, HTTPStatus.CONFLICT)

    client.post(reverse("account_logout"))

    assert client.get(room).headers["Location"].startswith(reverse("account_login"))


def test_the_browser_forgets_it_when_it_is_closed(client, token):
    use(client, token)

    assert client.session.get_expire_at_browser_close()
