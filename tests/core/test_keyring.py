import os
from base64 import b64encode

import pytest
from cryptography.exceptions import InvalidTag

from core import keyring

KEY = os.urandom(32)
ABOUT = b"an owner"


def words(version, size=32):
    return f"{version}:{b64encode(os.urandom(size)).decode()}"


def test_a_wrapped_key_comes_back():
    ring = keyring.parse(keyring.generate("2027"))

    version, wrapped = ring.wrap(KEY, about=ABOUT)

    assert (version, ring.unwrap(wrapped, version="2027", about=ABOUT)) == ("2027", KEY)
    assert KEY not in wrapped


def test_the_first_is_the_newest_and_the_older_still_unwrap():
    old = words("2026")
    _, wrapped = keyring.parse(old).wrap(KEY, about=ABOUT)

    ring = keyring.parse(f"{words('2027')}, {old}")

    assert ring.newest == "2027"
    assert ring.unwrap(wrapped, version="2026", about=ABOUT) == KEY


def test_a_key_is_bound_to_its_owner():
    ring = keyring.parse(words("2027"))
    _, wrapped = ring.wrap(KEY, about=ABOUT)

    with pytest.raises(InvalidTag):
        ring.unwrap(wrapped, version="2027", about=b"another")


def test_a_version_that_has_left_the_ring_is_named():
    ring = keyring.parse(words("2027"))

    with pytest.raises(keyring.UnknownKey, match="2026"):
        ring.unwrap(b"", version="2026", about=ABOUT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2027",
        "2027:",
        "2027:not base64!",
        words("2027", size=31),
        words(""),
        words("a b"),
        f"{words('2027')},{words('2027')}",
    ],
    ids=["nothing", "no key", "blank key", "no base64", "short", "no version", "gap", "twice"],
)
def test_a_ring_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- binascii words some of them
        keyring.parse(text)


def test_a_ring_in_a_log_tells_no_key():
    assert repr(keyring.parse(words("2027"))) == "KeyRing(newest='2027')"
