"""Secrets of staff at rest: closed for one column, opened with a former secret of the site too."""

import pytest
from cryptography.fernet import InvalidToken
from django.core.exceptions import FieldError
from django.db import connection

from appointments.models import ExternalCalendar
from core import site_key
from tests.factories import make_external_calendar

ADDRESS = "https://calendar.example/secret.ics"


def as_kept(column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM appointments_externalcalendar")
        [[value]] = cursor.fetchall()
    return value


def test_the_database_holds_it_closed(dr_bob):
    calendar = make_external_calendar(dr_bob, address=ADDRESS)

    assert "calendar.example" not in as_kept("address")
    calendar.refresh_from_db()
    assert calendar.address == ADDRESS


def test_closed_twice_it_looks_different(dr_bob):
    calendar = make_external_calendar(dr_bob, address=ADDRESS)
    before = as_kept("address")

    calendar.save()

    assert as_kept("address") != before


def test_what_is_of_another_column_does_not_open(dr_bob):
    make_external_calendar(dr_bob, kind="caldav", address=ADDRESS, username="bob", password="x")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE appointments_externalcalendar SET username = password")

    with pytest.raises(InvalidToken):
        ExternalCalendar.objects.get()


def test_a_new_secret_of_the_site_opens_what_the_former_one_closed(dr_bob, settings):
    make_external_calendar(dr_bob, address=ADDRESS)

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 9
    assert ExternalCalendar.objects.get().address == ADDRESS

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        ExternalCalendar.objects.get()


@pytest.mark.parametrize("lookup", ["", "__contains", "__in", "__gt"])
def test_nothing_is_looked_up_by_it(db, lookup):
    with pytest.raises(FieldError):
        ExternalCalendar.objects.filter(**{f"address{lookup}": ADDRESS}).exists()


def test_a_key_is_for_one_purpose():
    one, other = site_key.box("one"), site_key.box("other")

    with pytest.raises(InvalidToken):
        other.decrypt(one.encrypt(b"x"))
