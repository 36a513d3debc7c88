"""What a sample of the sealed values tells of the keys."""

import pytest

from accounts import erasure
from core import keyring, keystore, sealed_sample
from tests.factories import NOW, make_psychotherapy_note

NAME = "accounts_patient.legal_name"


def other_key(version):
    """A ring with one key, which has wrapped nothing yet."""
    return keyring.parse(keyring.generate(version))


def test_with_the_keys_it_all_opens(alice, mallory):
    found = sealed_sample.take()

    assert found.opened >= 4  # a name and a date of birth of each
    assert (found.shut, found.faults) == (0, {})


@pytest.mark.parametrize(
    ("version_of", "words"),
    [
        (lambda newest: f"{newest}x", "its key is wrapped by one that is not in the ring"),
        (lambda newest: newest, "its key does not unwrap"),
    ],
    ids=["another version", "another key of that version"],
)
def test_a_ring_that_has_not_wrapped_them_is_told(alice, settings, version_of, words):
    settings.KEY_WRAPPER = other_key(version_of(settings.KEY_WRAPPER.newest))

    found = sealed_sample.take()

    assert (found.opened, found.faults[f"{NAME}: {words}"]) == (0, 1)


def test_of_the_erased_some_are_always_asked(alice, mallory, biller, monkeypatch):
    monkeypatch.setattr(sealed_sample, "EACH", 1)  # by chance alone, half of the time it is alice
    erasure.erase(patient=mallory, reason="request", by=biller, now=NOW)

    assert all(sealed_sample.take().shut > 0 for _ in range(10))


def test_whom_the_database_alone_says_was_erased_must_stay_shut(alice):
    found = sealed_sample.take(erased=[alice.ref])

    assert not keystore.is_erased(alice.ref)
    assert found.faults[f"{NAME}: it opens though its patient was erased"] == 1


def test_what_an_author_sealed_is_asked_too(alice, dr_bob, settings):
    make_psychotherapy_note(alice, dr_bob)
    before = sealed_sample.take()

    (settings.KEYS_DIR / f"{alice.ref}.{dr_bob.pk}.key").unlink()

    assert before.faults == {}
    assert sealed_sample.take().faults == {"care_psychotherapynote.body: there is no key": 1}
