"""CalDAV with a real server, and with one that answers what it should not."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from appointments.caldav import Collection, NoCalDav, Refused, TokenStale
from core.outgoing import NotFetched
from tests import radicale
from tests.answering import Handler, serving
from tests.appointments.test_expander import NINE_TO_TEN, file
from tests.factories import HOUR, NINE

DAY = timedelta(days=1)
AROUND = (NINE - DAY, NINE + DAY)
NINE_FILE = file(f"UID:1|DTSTAMP:20261201T000000Z|SUMMARY:Dentist|{NINE_TO_TEN}")


@pytest.fixture
def collection(tmp_path, open_here):
    with radicale.serving(tmp_path) as address:
        yield radicale.calendar_at(address)


def test_what_is_put_is_there_and_named_as_a_change(collection):
    before = collection.changes("")

    etag = collection.put("1.ics", NINE_FILE)

    after = collection.changes(before.token)
    assert (before.changed, after.changed, after.deleted) == ({}, {"1.ics": etag}, set())
    assert collection.changes(after.token).changed == {}


def test_what_is_deleted_is_named_and_may_be_deleted_again(collection):
    collection.put("1.ics", NINE_FILE)
    before = collection.changes("")

    collection.delete("1.ics")
    collection.delete("1.ics")

    after = collection.changes(before.token)
    assert (after.changed, after.deleted) == ({}, {"1.ics"})


def test_events_of_a_window_come_as_files(collection):
    collection.put("1.ics", NINE_FILE)
    collection.put("2.ics", NINE_FILE.replace(b"UID:1", b"UID:2").replace(b"20261203", b"20270203"))

    files = Calendar.from_ical(collection.files(AROUND).decode(), multiple=True)

    assert [str(event["UID"]) for one in files for event in one.walk("VEVENT")] == ["1"]
    assert collection.files((NINE + HOUR, NINE + DAY)) == b""


def test_a_state_that_nobody_remembers_is_asked_for_anew(collection):
    with pytest.raises(TokenStale):
        collection.changes("http://radicale.org/ns/sync/" + "0" * 64)


def test_a_wrong_password_is_refused(collection):
    wrong = Collection(collection.address, radicale.PERSON, "wrong")

    for deed in (
        lambda: wrong.changes(""),
        lambda: wrong.files(AROUND),
        lambda: wrong.put("1.ics", NINE_FILE),
        lambda: wrong.delete("1.ics"),
    ):
        with pytest.raises(Refused) as refused:
            deed()
        assert refused.value.status == 401


def test_the_password_is_in_no_representation(collection):
    assert radicale.WORD not in repr(collection)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>
<x>&b;</x>"""
OUTSIDE = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>"""
)


ENCODED = b"""<?xml version="1.0" encoding="nobodys"?><a/>"""
LEADS_NOWHERE = b"""<d:multistatus xmlns:d="DAV:"><d:response><d:href>https://[</d:href></d:response>
</d:multistatus>"""


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x00", BOMB, OUTSIDE, ENCODED, LEADS_NOWHERE])
def test_what_is_no_answer_of_such_a_server_is_told_apart(open_here, body):
    with serving(lambda handler: handler.answer(207, body)) as server:
        there = Collection(f"http://127.0.0.1:{server.server_port}/", "a", "b")
        with pytest.raises(NoCalDav):
            there.changes("")


def test_a_redirect_is_not_followed_for_the_password_would_go_along(open_here):
    with serving() as other:
        to = f"http://127.0.0.1:{other.server_port}/"
        with serving(lambda handler: handler.answer(302, Location=to)) as server:
            there = Collection(f"http://127.0.0.1:{server.server_port}/", "a", "b")
            with pytest.raises(Refused):
                there.changes("")

        assert other.asked == []


def test_an_inner_address_gets_no_password(settings):
    settings.OUTGOING_NETWORKS = []

    with pytest.raises(NotFetched, match="inside"):
        Collection("https://127.0.0.1/", "a", "b").changes("")


def test_the_server_that_names_no_etag_is_asked_for_it(open_here):
    told = b"""<d:multistatus xmlns:d="DAV:"><d:response><d:href>/1.ics</d:href><d:propstat><d:prop>
    <d:getetag>"7"</d:getetag></d:prop></d:propstat></d:response></d:multistatus>"""

    def answer(handler):
        is_put = handler.command == "PUT"
        Handler.answer(handler, 201 if is_put else 207, b"" if is_put else told)

    with serving(answer) as server:
        there = Collection(f"http://127.0.0.1:{server.server_port}/", "a", "b")

        assert there.put("1.ics", NINE_FILE) == '"7"'


@pytest.mark.parametrize("etag", [f'"{"7" * 300}"', '"\x07"'])
def test_an_etag_that_no_row_can_hold_is_kept_as_what_stands_for_it(open_here, etag):
    with serving(lambda handler: handler.answer(201, b"", ETag=etag)) as server:
        there = Collection(f"http://127.0.0.1:{server.server_port}/", "a", "b")

        kept = [there.put("1.ics", NINE_FILE) for _ in range(2)]

    assert kept[0] == kept[1] != etag
    assert len(kept[0]) == 64
