from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from core.models import Heartbeat
from core.tasks import beat
from telehealth import health
from tests.web_role import as_owner

NOW = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
NOWHERE = "redis://127.0.0.1:9/0"  # the discard port: nothing listens there


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def beaten(ago):
    Heartbeat.objects.update_or_create(name="beat", defaults={"beaten_at": NOW - ago})


def test_healthz_needs_nothing(client):
    """No `db`: a query would fail this test."""
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_may_use_any_host_and_plain_http(client, db, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    beaten(timedelta(0))

    assert client.get(path, headers={"host": "10.0.0.7"}).status_code == 200


def test_readyz_names_each_part(client, db):
    beaten(timedelta(seconds=60))

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (
        200,
        {"database": "ok", "migrations": "ok", "beat": "ok", "broker": "ok"},
    )


@pytest.mark.parametrize("ago", [timedelta(seconds=61), None])
def test_readyz_is_red_when_the_beat_has_stopped(client, db, ago):
    if ago:
        beaten(ago)

    response = client.get("/readyz")

    assert (response.status_code, response.json()["beat"]) == (503, "down")


def test_readyz_is_red_when_the_broker_is_away(client, db, settings):
    beaten(timedelta(0))
    settings.CELERY_BROKER_URL = NOWHERE
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1}

    response = client.get("/readyz")

    assert (response.status_code, response.json()["broker"]) == (503, "down")


@pytest.mark.django_db(transaction=True)
def test_readyz_is_red_when_the_database_is_away(client, monkeypatch):
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        response = client.get("/readyz")
        connection.close()

    assert (response.status_code, response.json()) == (
        503,
        {"database": "down", "broker": "ok"},
    )


@pytest.mark.django_db(transaction=True)
def test_readyz_is_red_before_the_migrations(client):
    beaten(timedelta(0))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'messaging'")

    try:
        response = client.get("/readyz")
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('messaging', '0001_initial', now())"
            )

    assert (response.status_code, response.json()["migrations"]) == (503, "down")


def test_the_beat_writes_what_readyz_reads(db):
    beat()

    assert health.is_beating()
