"""Sealed files: whole or not at all, for one row and one patient."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import keystore, reads, sealed_files, sealing
from tests.disks import small_disk

PLAIN = b"What nobody else may read."
ABOUT = "table|row"


@pytest.fixture
def owner(alice):
    return alice.ref


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return settings.ATTACHMENTS_DIR


def test_what_is_written_is_read_again(owner):
    name = sealed_files.write(PLAIN, owner=owner, about=ABOUT)

    assert sealed_files.read(name, about=ABOUT) == PLAIN


def test_the_file_is_for_the_sites_account_alone_and_in_no_plain_words(owner, folder):
    name = sealed_files.write(PLAIN, owner=owner, about=ABOUT)

    path = folder / str(name)
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (PLAIN in path.read_bytes(), [p.name for p in folder.iterdir()]) == (False, [str(name)])


def test_reading_notes_whose_it_is(owner):
    name = sealed_files.write(PLAIN, owner=owner, about=ABOUT)

    with reads.scope():
        sealed_files.read(name, about=ABOUT)
        assert reads.take() == {owner}


def test_it_opens_neither_for_another_row_nor_under_another_name(owner, folder):
    one, other = (sealed_files.write(PLAIN, owner=owner, about=ABOUT) for _ in range(2))
    (folder / str(one)).replace(folder / str(other))

    for name, about in ((other, ABOUT), (other, "table|another row")):
        with pytest.raises(sealing.Tampered):
            sealed_files.read(name, about=about)
    with pytest.raises(sealed_files.Missing):
        sealed_files.read(one, about=ABOUT)


def test_one_bit_that_was_changed_is_seen(owner, folder):
    name = sealed_files.write(PLAIN, owner=owner, about=ABOUT)
    path = folder / str(name)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(sealing.Tampered):
        sealed_files.read(name, about=ABOUT)


def test_after_an_erasure_nothing_opens_and_nothing_is_written(owner, folder):
    name = sealed_files.write(PLAIN, owner=owner, about=ABOUT)
    keystore.erase(owner)

    with pytest.raises(keystore.Erased):
        sealed_files.read(name, about=ABOUT)
    with pytest.raises(keystore.Erased):
        sealed_files.write(PLAIN, owner=owner, about=ABOUT)
    assert sealed_files.is_erased(folder / str(name))


@pytest.mark.parametrize("content", [b"", b"short", b"\1" * 60])
def test_a_file_that_is_none_of_ours_belongs_to_nobody_who_was_erased(folder, content):
    folder.mkdir()
    (folder / "x").write_bytes(content)

    assert not sealed_files.is_erased(folder / "x")


def test_a_file_is_removed_once_and_for_all(owner, folder):
    name = sealed_files.write(PLAIN, owner=owner, about=ABOUT)

    for _ in range(2):
        sealed_files.remove(name)

    assert list(folder.iterdir()) == []


def test_files_are_told_by_their_age(owner, folder):
    name = sealed_files.write(PLAIN, owner=owner, about=ABOUT)
    written_at = datetime.fromtimestamp((folder / str(name)).stat().st_mtime, tz=UTC)

    found = [list(sealed_files.older_than(written_at + timedelta(seconds=s))) for s in (-1, 1)]

    assert found == [[], [folder / str(name)]]


def test_a_folder_that_is_not_there_yet_has_no_files():
    assert list(sealed_files.older_than(datetime.now(tz=UTC))) == []


def test_goal_row_35_a_full_disk_keeps_no_half_file_and_goes_on_by_itself(owner, folder):
    with small_disk(folder, 256):
        with pytest.raises(sealed_files.NoRoom):
            sealed_files.write(b"x" * 300_000, owner=owner, about=ABOUT)
        left = list(Path(folder).iterdir())
        name = sealed_files.write(PLAIN, owner=owner, about=ABOUT)

        assert (left, sealed_files.read(name, about=ABOUT)) == ([], PLAIN)


def test_any_other_fault_of_the_disk_is_not_called_full(owner, folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"a file where the folder should be")

    with pytest.raises(FileExistsError):
        sealed_files.write(PLAIN, owner=owner, about=ABOUT)
