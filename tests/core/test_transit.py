"""Data keys wrapped by a key management service, over HTTP (tests/transit_server.py stands in)."""

import os
import socket
import subprocess
import sys
import time
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import call_command
from django.urls import reverse

from core import keyring, keystore, transit
from core.keyring import Unavailable, UnknownKey
from core.transit import Refused, Transit, Unreachable
from tests.signing_in import signed_in
from tests.transit_server import TOKEN, running_transit

KEY = os.urandom(32)
HERS, ANOTHERS = uuid4().bytes, uuid4().bytes


@pytest.fixture
def engine():
    with running_transit() as engine:
        yield engine


@pytest.fixture
def wrapper(engine):
    return Transit(engine.address, "telehealth", token=TOKEN)


@pytest.fixture
def store(tmp_path, settings, wrapper):
    """A key store of its own, whose keys the service wraps."""
    settings.KEYS_DIR = tmp_path / "keys"
    settings.KEY_WRAPPER = wrapper
    return settings.KEYS_DIR


# The contract of a wrapper: a ring and a service keep it alike.


@pytest.fixture(params=["ring", "transit", "moving"])
def any_wrapper(request, wrapper):
    ring = keyring.parse(keyring.generate("2026"))
    return {"ring": ring, "transit": wrapper, "moving": keyring.Moving(wrapper, ring)}[
        request.param
    ]


def test_a_wrapped_key_comes_back_under_the_newest_version(any_wrapper):
    version, wrapped = any_wrapper.wrap(KEY, about=HERS)

    assert version == any_wrapper.newest
    assert " " not in version  # a gap ends it in the store's file
    assert KEY not in wrapped
    assert any_wrapper.unwrap(wrapped, version=version, about=HERS) == KEY


def test_it_opens_for_its_owner_alone(any_wrapper):
    version, wrapped = any_wrapper.wrap(KEY, about=HERS)

    with pytest.raises((InvalidTag, Refused)):
        any_wrapper.unwrap(wrapped, version=version, about=ANOTHERS)


def test_twice_wrapped_it_differs(any_wrapper):
    assert any_wrapper.wrap(KEY, about=HERS) != any_wrapper.wrap(KEY, about=HERS)


def test_what_another_wrapper_wrapped_is_named(any_wrapper):
    with pytest.raises(UnknownKey, match="1999"):
        any_wrapper.unwrap(b"", version="1999", about=HERS)


# Rotation.


def test_a_rotated_key_wraps_anew_and_opens_what_is_old(engine, wrapper):
    old = wrapper.wrap(KEY, about=HERS)

    engine.rotate()
    new = wrapper.wrap(KEY, about=HERS)

    assert (old[0], new[0], wrapper.newest) == ("transit:1", "transit:2", "transit:2")
    assert [wrapper.unwrap(w, version=v, about=HERS) for v, w in (old, new)] == [KEY, KEY]


def test_rotate_keys_wraps_all_with_the_newest_so_that_the_service_may_forget_the_old(
    engine, store, capsys
):
    owners = [uuid4() for _ in range(3)]
    for owner in owners:
        keystore.make(owner)
    keys = list(map(keystore.key_of, owners))
    engine.rotate()

    call_command("rotate_keys")
    engine.oldest = 2

    assert "3 keys, 3 of them wrapped anew: all transit:2" in capsys.readouterr().out
    assert list(map(keystore.key_of, owners)) == keys


def test_a_version_that_the_service_has_forgotten_is_refused(engine, store):
    owner = uuid4()
    keystore.make(owner)
    engine.rotate()
    engine.oldest = 2

    with pytest.raises(Refused, match="too old"):
        keystore.key_of(owner)


def test_keys_move_from_a_ring_to_the_service(store, wrapper, settings):
    ring = keyring.parse(keyring.generate("2026"))
    settings.KEY_WRAPPER = ring
    owner = uuid4()
    keystore.make(owner)
    key = keystore.key_of(owner)

    settings.KEY_WRAPPER = keyring.Moving(to=wrapper, before=ring)
    before = keystore.key_of(owner)
    call_command("rotate_keys")
    settings.KEY_WRAPPER = wrapper

    assert (before, keystore.key_of(owner)) == (key, key)


# What goes wrong is said, soon.


def test_a_token_without_the_right_is_refused_and_told_nowhere(engine):
    stranger = Transit(engine.address, "telehealth", token="s.stolen")

    with pytest.raises(Refused, match="403 permission denied") as refusal:
        stranger.wrap(KEY, about=HERS)

    assert "s.stolen" not in f"{refusal.value} {stranger}"


def test_a_token_in_a_file_is_read_each_time(engine, tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    wrapper = Transit(engine.address, "telehealth", token_file=path)
    version, wrapped = wrapper.wrap(KEY, about=HERS)

    engine.token = "s.renewed"
    path.write_text("s.renewed\n")

    assert wrapper.unwrap(wrapped, version=version, about=HERS) == KEY


def test_a_key_that_is_not_derived_is_refused_as_it_binds_to_nobody(engine, wrapper):
    engine.is_derived = False

    for deed in (lambda: wrapper.newest, lambda: wrapper.wrap(KEY, about=HERS)):
        with pytest.raises(Refused, match="derived=true"):
            deed()


def test_a_key_that_is_not_there_is_refused(engine):
    with pytest.raises(Refused, match="keys: 404"):
        _ = Transit(engine.address, "another", token=TOKEN).newest


def test_a_sealed_service_is_unreachable(engine, wrapper):
    engine.is_sealed = True

    with pytest.raises(Unreachable, match="503"):
        wrapper.wrap(KEY, about=HERS)


def test_a_service_that_is_away_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    wrapper = Transit(address, "telehealth", token=TOKEN)

    with pytest.raises(Unreachable, match="ConnectionRefused"):
        wrapper.wrap(KEY, about=HERS)


def test_a_service_that_hangs_costs_three_seconds_at_most():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        wrapper = Transit(address, "telehealth", token=TOKEN)
        started = time.monotonic()

        with pytest.raises(Unreachable, match="Timeout"):
            wrapper.unwrap(b"vault:v1:x", version="transit:1", about=HERS)

    assert time.monotonic() - started < transit.TIMEOUT + 1


@pytest.mark.parametrize(
    "answer",
    [
        (200, b""),
        (200, b"<html>a proxy</html>"),
        (200, b"[]"),
        (200, b'{"data": null}'),
        (307, b""),
        (400, b'{"errors": null}'),
    ],
)
def test_what_is_no_answer_of_a_transit_engine_is_refused(engine, wrapper, answer):
    engine.answer = answer

    with pytest.raises(Refused):
        wrapper.unwrap(b"vault:v1:x", version="transit:1", about=HERS)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "http://vault.example:8200"}, "https://"),
        ({"address": "vault.example"}, "https://"),
        ({"address": ""}, "https://"),
        ({"key": "../../sys/seal"}, "name"),
        ({"key": ""}, "name"),
        ({"mount": "a b"}, "name"),
        ({"token": ""}, "token"),
    ],
)
def test_settings_that_make_no_sense_are_refused(fields, words):
    sound = {"address": "https://vault.example:8200", "key": "telehealth", "token": TOKEN}
    assert Transit(**sound)

    with pytest.raises(ValueError, match=words):
        Transit(**sound | fields)


WHERE = {"VAULT_ADDR": "https://vault.example", "VAULT_TOKEN": "s.of-the-site"}


@pytest.mark.parametrize(
    ("environment", "kind", "code"),
    [
        (WHERE, "Transit", 0),
        (WHERE | {"KEY_ENCRYPTION_KEYS": keyring.generate("2026")}, "Moving", 0),
        (WHERE | {"VAULT_ADDR": "http://vault.example"}, "", 1),
        ({"VAULT_TOKEN": "s.of-the-site"}, "", 1),
        (WHERE | {"KEY_WRAPPER": "Vault"}, "", 1),
    ],
    ids=["vault", "moving to it", "in the clear", "no address", "no such kind"],
)
def test_the_environment_names_the_wrapper(environment, kind, code):
    given = {name: words for name, words in os.environ.items() if name != "KEY_ENCRYPTION_KEYS"}
    show = "from telehealth import settings; print(type(settings.KEY_WRAPPER).__name__)"

    done = subprocess.run(
        [sys.executable, "-c", show],
        check=False,
        env=given | {"KEY_WRAPPER": "vault"} | environment,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout.strip()) == (code, kind)


# A page.


def test_a_page_asks_once_a_patient_and_says_so_where_the_service_is_away(
    engine, wrapper, settings, dr_bob, alice, visit
):
    settings.KEY_WRAPPER = keyring.Moving(to=wrapper, before=settings.KEY_WRAPPER)
    keystore.rewrap(alice.ref)
    page = reverse("appointments:detail", args=[visit.pk])
    client = signed_in(dr_bob.user)
    engine.asked.clear()

    shown = client.get(page)
    asked = list(engine.asked)
    engine.is_sealed = True
    refused = client.get(page)

    assert (shown.status_code, asked) == (200, ["POST /v1/transit/decrypt/telehealth"])
    assert (refused.status_code, "Alice" in refused.content.decode()) == (503, False)
    assert isinstance(Unreachable(), Unavailable)
