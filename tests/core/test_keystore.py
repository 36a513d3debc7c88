import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.exceptions import InvalidTag
from django.conf import settings

from core import keyring, keystore

OLD, NEW = keyring.generate("2026"), keyring.generate("2027")


@pytest.fixture
def store(tmp_path, settings):
    """A store of its own, with one key in the ring."""
    settings.KEYS_DIR = tmp_path / "keys"
    settings.KEY_WRAPPER = keyring.parse(OLD)
    return settings.KEYS_DIR


@pytest.fixture
def owner(store):
    owner = uuid.uuid4()
    keystore.make(owner)
    return owner


def kept(store):
    return sorted(path.name for path in store.iterdir() if path.name != "lock")


def test_a_key_is_made_once(store, owner):
    key = keystore.key_of(owner)

    keystore.make(owner)

    assert keystore.key_of(owner) == key
    assert (len(key), kept(store)) == (32, [f"{owner}.key"])


def test_of_many_who_make_a_key_at_once_all_have_the_same(store):
    owner = uuid.uuid4()

    with ThreadPoolExecutor(8) as crowd:
        keys = list(crowd.map(lambda _: keystore.make(owner) or keystore.key_of(owner), range(8)))

    assert len(set(keys)) == 1


def test_keys_differ(owner):
    other = uuid.uuid4()
    keystore.make(other)

    assert keystore.key_of(owner) != keystore.key_of(other)


def test_others_on_the_machine_cannot_read_the_store(store, owner):
    modes = {path.stat().st_mode & 0o777 for path in store.iterdir()}

    assert (store.stat().st_mode & 0o777, modes) == (0o700, {0o600})


def test_a_key_lies_wrapped(store, owner):
    assert keystore.key_of(owner) not in (store / f"{owner}.key").read_bytes()


def test_a_key_of_another_patient_does_not_pass_for_hers(store, owner):
    other = uuid.uuid4()
    keystore.make(other)
    (store / f"{other}.key").replace(store / f"{owner}.key")

    with pytest.raises(InvalidTag):
        keystore.key_of(owner)


def test_an_owner_nobody_has_heard_of_has_no_key(store):
    with pytest.raises(keystore.NoKey):
        keystore.key_of(uuid.uuid4())


def test_an_erased_key_is_gone_and_no_second_is_made(store, owner):
    (store / f"{owner}.part").write_bytes(b"left by a process that was killed")

    keystore.erase(owner)

    assert kept(store) == [f"{owner}.erased"]
    for deed in (keystore.key_of, keystore.make):
        with pytest.raises(keystore.Erased):
            deed(owner)


def test_erasing_twice_is_erasing_once(store, owner):
    keystore.erase(owner)
    keystore.erase(owner)

    assert kept(store) == [f"{owner}.erased"]


def test_a_key_is_wrapped_anew_under_the_newest(store, owner, settings):
    key = keystore.key_of(owner)
    settings.KEY_WRAPPER = keyring.parse(f"{NEW},{OLD}")

    changed = [keystore.rewrap(owner), keystore.rewrap(owner)]

    settings.KEY_WRAPPER = keyring.parse(NEW)
    assert (changed, keystore.key_of(owner)) == ([True, False], key)


def test_wrapping_anew_does_not_bring_back_an_erased_key(store, owner, settings):
    keystore.erase(owner)
    settings.KEY_WRAPPER = keyring.parse(f"{NEW},{OLD}")

    assert keystore.rewrap(owner) is False
    assert kept(store) == [f"{owner}.erased"]


def test_a_write_that_is_cut_off_leaves_the_key_as_it_was(store, owner, settings):
    """Killed between writing beside it and renaming: what is beside it counts for nothing."""
    key = keystore.key_of(owner)
    (store / f"{owner}.part").write_bytes(b"half a k")
    settings.KEY_WRAPPER = keyring.parse(f"{NEW},{OLD}")

    assert keystore.key_of(owner) == key
    assert keystore.rewrap(owner) is True
    assert keystore.key_of(owner) == key


def test_the_store_is_outside_the_database():
    assert (settings.DATA_DIR / "postgres") not in settings.KEYS_DIR.parents


# An author's key for her.


@pytest.fixture
def author(owner):
    keystore.make(owner, 7)
    return 7


def test_an_author_has_a_key_of_her_own_for_each_patient(store, owner, author):
    other = uuid.uuid4()
    keystore.make(other)
    keystore.make(other, author)

    names = {(owner, None), (owner, author), (other, None), (other, author)}
    assert len({keystore.key_of(*name) for name in names}) == len(names)
    assert set(keystore.names()) == names


def test_it_is_made_once(owner, author):
    key = keystore.key_of(owner, author)

    keystore.make(owner, author)

    assert keystore.key_of(owner, author) == key


def test_it_does_not_pass_for_another(store, owner, author):
    """Each is wrapped about its own name, and all of it."""
    for name in (f"{owner}", f"{owner}.8"):
        (store / f"{name}.key").write_bytes((store / f"{owner}.{author}.key").read_bytes())

    for name in ((owner,), (owner, 8)):
        with pytest.raises(InvalidTag):
            keystore.key_of(*name)


def test_none_is_made_for_somebody_whom_the_store_does_not_know(store):
    with pytest.raises(keystore.NoKey):
        keystore.make(uuid.uuid4(), 7)

    assert list(store.glob("*.key")) == []


def test_with_the_patient_all_that_authors_have_for_her_is_erased(store, owner, author):
    other = uuid.uuid4()
    keystore.make(other)
    keystore.make(other, author)

    keystore.erase(owner)

    for deed in (keystore.key_of, keystore.make):
        with pytest.raises(keystore.Erased):
            deed(owner, author)
    assert kept(store) == sorted([f"{owner}.erased", f"{other}.key", f"{other}.{author}.key"])


def test_it_is_wrapped_anew_as_well(store, owner, author, settings):
    key = keystore.key_of(owner, author)
    settings.KEY_WRAPPER = keyring.parse(f"{NEW},{OLD}")

    changed = [keystore.rewrap(owner, author), keystore.rewrap(owner, author)]

    settings.KEY_WRAPPER = keyring.parse(NEW)
    assert (changed, keystore.key_of(owner, author)) == ([True, False], key)
