"""Goal rows 1 and 2: every address x everybody x every object x every method.

A new address fails here until it has a row in `expected`. The world is built once; each request is
rolled back. Each answer is also read: nobody's name stands where it should not, a patient's e-mail
on her own pages alone, and no word of a psychotherapy note but on its author's (goal row 6).
"""

import re
from itertools import product

import pytest
from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import reverse

from accounts.trail_words import ACTIONS
from core.models import AuditEvent
from tests.house.addresses import addresses
from tests.security.expected import MAY_NAME, NO_POST, TABLE
from tests.security.world import ACTORS, ALONE, AWAY, EVERYBODY, OBJECTS

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
DEVELOPMENT = {"mailbox", "demo_sign_in"}
GAPS = {name: pattern.pattern.converters for name, pattern in addresses()}
ITS_PAGE = {"care:psychotherapy_note"}  # the one on which a psychotherapy note may be read
NOBODYS = 10**9  # an id that no row has
EMAIL = re.compile(r"[\w.+-]+@example\.com")


def address(name, ids):
    return reverse(name, kwargs={gap: ids.get(gap, NOBODYS) for gap in GAPS[name]})


def expected(name, actor, thing, method):
    methods, audience, objects = TABLE[name]
    if actor not in audience:
        return "sign in" if actor == "visitor" else "404"
    if method not in methods.split():
        return "405"
    if method == "POST" and actor in NO_POST.get(name, ()):
        return "404"
    mine = "" if objects is None else objects.get(actor, "")
    return "open" if objects is None or thing in mine.split(", ") else "404"


def outcome(response, name):
    if response.status_code in (404, 405):
        return str(response.status_code)
    to = response.headers.get("Location", "").partition("?")[0]
    is_public = "visitor" in TABLE[name][1]
    return "sign in" if to == resolve_url(settings.LOGIN_URL) and not is_public else "open"


def named(world, response, actor):
    """The canaries on a page that its reader has nothing to do with."""
    body = response.content.decode(errors="replace")
    may = MAY_NAME.get(actor, "").split(", ")
    allowed = {world.names[thing] for thing in may if thing}
    return [name for name in world.names.values() if name in body and name not in allowed]


def addressed(world, response):
    """The patients whose e-mail stands on a page."""
    body = response.content.decode(errors="replace")
    return {world.addresses[found] for found in EMAIL.findall(body) if found in world.addresses}


def tells_a_psychotherapy_note(response):
    return ALONE in response.content.decode(errors="replace")


def ask(world, actor, name, thing, method):
    """One cell: what is wrong with it, or nothing."""
    response, _ = world.ask(actor, method, address(name, world.ids[thing]))
    found, wanted = outcome(response, name), expected(name, actor, thing, method)
    if found != wanted:
        return f"{method} by {actor} on {thing}: {found} ({response.status_code}), not {wanted}"
    if names := named(world, response, actor):
        return f"{method} by {actor} on {thing} tells {names}"
    if others := addressed(world, response) - {actor}:
        return f"{method} by {actor} on {thing} tells the e-mail of {others}"
    if tells_a_psychotherapy_note(response) and not (name in ITS_PAGE and wanted == "open"):
        return f"{method} by {actor} on {thing} tells a psychotherapy note"
    return ""


def cells(name):
    """Everybody here on every object; everybody elsewhere on one here and on their own.

    An address refuses a method before it looks for a row, and HEAD is GET without its body (see
    `tests.house.test_methods`): those are asked by everybody here, of one row.
    """
    methods, _, rows = TABLE[name]
    for actor, method in product(EVERYBODY, METHODS):
        if method == "HEAD" or method not in methods.split():
            things = [] if actor in AWAY else ["own"]
        elif rows is None:
            things = ["own"]
        else:
            things = ["own", "other practice"] if actor in AWAY else OBJECTS
        for thing in things:
            yield actor, thing, method


@pytest.mark.journey
@pytest.mark.django_db
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_gets_to_what_is_theirs_and_to_nothing_else(world, name, count_cells):
    asked = list(cells(name))
    wrong = [ask(world, actor, name, thing, method) for actor, thing, method in asked]
    count_cells(len(asked))
    assert [words for words in wrong if words] == []


@pytest.mark.django_db
def test_the_look_for_an_email_would_see_one(world):
    response, _ = world.ask("patient", "GET", reverse("accounts:security"))

    assert addressed(world, response) == {"patient"}


@pytest.mark.django_db
def test_the_look_for_a_psychotherapy_note_would_see_one(world):
    page = address("care:psychotherapy_note", world.ids["own"])

    response, _ = world.ask("own provider", "GET", page)

    assert tells_a_psychotherapy_note(response)


def test_every_address_has_a_row():
    known = {name for name, _pattern in addresses()} - DEVELOPMENT

    assert known ^ set(TABLE) == set()


@pytest.mark.journey
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(n for n, row in TABLE.items() if "GET" in row[0]))
def test_what_is_opened_there_is_told_to_the_patient_in_words(world, name):
    wordless = set()
    for actor in ACTORS:
        _, opened = world.ask(actor, "GET", address(name, world.ids["own"]), then=on_the_trail)
        wordless |= opened - set(ACTIONS)
    assert wordless == set()


def on_the_trail():
    return set(AuditEvent.objects.values_list("action", flat=True))
