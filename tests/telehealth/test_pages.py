"""Pages that need no account and no database."""

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.urls import reverse

from telehealth.asgi import application
from tests.signing_in import cookie_of, signed_in


def test_help_is_there_without_an_account_and_without_a_database(client):
    page = client.get(reverse("help_now"))

    assert page.status_code == 200
    assert 'href="tel:988"' in page.content.decode()


def test_the_crisis_text_line_is_written_to_with_the_word_filled_in(client):
    text = client.get(reverse("help_now")).content.decode()

    assert 'href="sms:741741?body=HOME"' in text  # RFC 5724


@pytest.mark.parametrize("path", ["/home/", "/therapists/bob-ray/?state=IL", "/visits/"])
def test_help_leads_back_to_where_one_was(client, path):
    page = client.get(reverse("help_now"), headers={"Referer": f"http://testserver{path}"})

    assert f'href="{path}">Back to where you were</a>' in page.content.decode()


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "http://evil.example/home/",
        "http://testserver/help-now/",
        "http://testserver/holds/",  # takes only what is sent to it
        "http://testserver/nothing/",
        "http://testserver//evil.example/",
        "http://[",
    ],
)
def test_help_leads_back_to_no_other_place(client, origin):
    page = client.get(reverse("help_now"), headers={"Referer": origin})

    assert (page.status_code, "Back to where" in page.content.decode()) == (200, False)


def test_who_is_known_finds_the_way_home_from_help(client, with_session):
    text = with_session.get(reverse("help_now")).content.decode()

    assert '<a href="/home/">Home</a>' in " ".join(text.split())
    assert "Quick exit" in text


@pytest.mark.django_db  # the page is rendered without it; what is held of it is given back
@pytest.mark.parametrize("path", ["/nothing/", "/visits-of-someone/"])
def test_an_unknown_address_says_what_to_do(client, path):
    page = client.get(path)

    assert page.status_code == 404
    assert "Go to the start" in page.content.decode()


@pytest.fixture
def with_session(client):
    """A browser that is known, while the database is away: any use of it fails the test."""
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    client.raise_request_exception = False
    return client


def test_help_is_there_for_who_is_signed_in_while_the_database_is_away(with_session):
    page = with_session.get(reverse("help_now"))

    assert page.status_code == 200
    assert 'href="tel:988"' in page.content.decode()


@pytest.mark.parametrize("path", ["/", "/home/", "/visits/", "/account/login/"])
def test_while_the_database_is_away_a_page_says_so_and_names_the_hotlines(with_session, path):
    page = with_session.get(path)

    assert page.status_code == 500
    assert "Something broke on our side" in page.content.decode()
    assert "Call 911. To talk to someone, call or text 988." in page.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/simulator/checkout/%00/", "/therapists/%00/", "/%00", "/help-now/%00/", "/static/%00"],
)
def test_nothing_is_at_an_address_with_nul(sign_in, alice, path):
    page = sign_in(alice.user).get(path)

    assert page.status_code == 404
    assert "Go to the start" in page.content.decode()


@pytest.mark.parametrize(
    "path", ["/?state=%00", "/card/return/?setup=%00", "/home/?next=%00", "/ledger/?day=%00"]
)
def test_a_parameter_with_nul_is_refused_in_words(sign_in, alice, path):
    page = sign_in(alice.user).get(path)

    assert page.status_code == 400
    assert "We could not read that" in page.content.decode()


def test_a_cookie_with_nul_is_refused(client):
    client.cookies[settings.SESSION_COOKIE_NAME] = "a\0" * 16

    assert client.get("/home/").status_code == 400


@pytest.mark.parametrize("is_development", [True, False])
@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/?" + "&".join(f"a{i}=1" for i in range(1001)), "text/plain"),
        ("/accounts/login/", "application/x-www-form-urlencoded; charset=utf-16"),
        ("/accounts/login/", "multipart/form-data; boundary=x; charset=base64"),
    ],
    ids=["parameters", "form", "parts"],
)
def test_what_django_would_not_read_is_refused_in_words(
    client, settings, is_development, address, kind
):
    settings.DEBUG = is_development
    client.raise_request_exception = False

    page = client.generic("POST", address, b"a=1", kind)

    assert page.status_code == 400
    assert "We could not read that" in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store, private"


@pytest.mark.asyncio
async def test_it_is_refused_in_words_even_before_the_first_middleware():
    query = "&".join(f"a{i}=1" for i in range(1001))
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asked = ApplicationCommunicator(application, scope | {"query_string": query.encode()})

    await asked.send_input({"type": "http.request", "body": b""})
    start, body = await asked.receive_output(5), await asked.receive_output(5)

    assert (start["status"], b"We could not read that" in body["body"]) == (400, True)
    assert (b"Cache-Control", b"no-store, private") in start["headers"]


WORDS, FILES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.FILE_UPLOAD_MAX_MEMORY_SIZE


@pytest.fixture
def cookies(alice, client):
    """What a browser says of itself: of alice, of a visitor, and of somebody who makes it up."""
    visitor = client.session
    visitor["holder"] = "x"
    visitor.save()
    keys = {"alice": cookie_of(signed_in(alice.user)), "a visitor": visitor.session_key}
    return keys | {"nobody": "", "a liar": "x" * 32, "an attacker": "\0" * 32}


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "who", "most"),
    [
        ("/holds/", "nobody", WORDS),
        ("/holds/", "alice", WORDS),
        ("/messages/", "nobody", WORDS),
        ("/messages/", "a visitor", WORDS),
        ("/messages/", "a liar", WORDS),
        ("/messages/", "an attacker", WORDS),
        ("/messages/", "alice", FILES),
    ],
)
async def test_a_request_larger_than_any_form_is_refused_while_it_arrives(path, who, most, cookies):
    """It says nothing of its length, or something untrue: what counts is what has come. Only who is
    signed in sends files."""
    cookie = f"seen=1; {settings.SESSION_COOKIE_NAME}={cookies[who]}".encode()
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b""}
    asked = ApplicationCommunicator(application, scope | {"headers": [(b"cookie", cookie)]})

    await asked.send_input({"type": "http.request", "body": b"x" * most, "more_body": True})
    is_waiting = await asked.receive_nothing(0.5)
    await asked.send_input({"type": "http.request", "body": b"x", "more_body": True})
    start, body = await asked.receive_output(5), await asked.receive_output(5)

    assert (is_waiting, start["status"]) == (True, 413)
    assert b"That was too large" in body["body"]
    assert (b"Cache-Control", b"no-store, private") in start["headers"]


@pytest.mark.asyncio
async def test_a_request_that_breaks_off_is_answered_with_nothing():
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    asked = ApplicationCommunicator(application, scope)

    await asked.send_input({"type": "http.request", "body": b"x", "more_body": True})
    await asked.send_input({"type": "http.disconnect"})

    assert await asked.receive_nothing()
    await asked.wait()


def test_a_form_that_names_our_encoding_is_read(client, db):
    kind = "application/x-www-form-urlencoded; charset=UTF-8"

    assert client.post("/holds/", b"a=1", content_type=kind).status_code == 422


def test_a_time_of_a_provider_with_nul_cannot_be_held(client, db):
    choice = {"provider": "a\0b", "starts_at": "2026-12-03T15:00:00+00:00", "state": "IL"}

    assert client.post("/holds/", choice).status_code == 422


def test_a_request_from_an_unknown_host_is_refused_in_words(client):
    page = client.get("/help-now/", headers={"Host": "evil.example"})

    assert page.status_code == 400
    assert page.headers["Cache-Control"] == "no-store, private"
    assert "We could not read that" in page.content.decode()


@pytest.mark.parametrize("path", ["/", "/help-now/"])
def test_a_page_can_be_asked_for_without_its_body(client, db, path):
    page = client.head(path)

    assert (page.status_code, page.content) == (200, b"")
