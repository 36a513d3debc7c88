"""Files sealed for one patient: what is too large for a column (docs/adr/0017).

Each has a random name and says outside of the envelope's words only whose it is. It is written
whole or not at all, before the row that names it; what no row names is swept up later.
"""

import errno
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from core import keystore, reads, sealing, whole_file

FULL = {errno.ENOSPC, errno.EDQUOT}


class NoRoom(Exception):
    """The disk is full. Nothing of the file is left on it."""


class Missing(Exception):
    """A row names a file that is not there: it was lost, or a backup was restored without it."""


def write(content: bytes, *, owner: UUID, about: str) -> UUID:
    """Seal the content into a new file, and return its name.

    :param about: the row that will name it; the file opens for no other
    :raises NoRoom:
    :raises keystore.Erased:
    """
    name = uuid4()
    envelope = sealing.seal(content, owner=owner, place=_place(about, name))
    try:
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file.write(_path(name), envelope)
    except OSError as error:
        if error.errno in FULL:
            raise NoRoom from error
        raise
    return name


def read(name: UUID, *, about: str) -> bytes:
    """Open a file, and note whose it is.

    :raises Missing:
    :raises sealing.Tampered: it was changed, or belongs to another row
    :raises keystore.Erased:
    """
    try:
        envelope = _path(name).read_bytes()
    except FileNotFoundError:
        raise Missing(str(name)) from None
    content = sealing.unseal(envelope, place=_place(about, name))
    reads.note(sealing.owner_of(envelope))
    return content


def remove(name: UUID) -> None:
    _path(name).unlink(missing_ok=True)


def older_than(moment: datetime) -> Iterator[Path]:
    """Yield every file written before `moment`, those that were cut short as well."""
    for path in sorted(_folder().glob("*")):
        if path.stat().st_mtime < moment.timestamp():
            yield path


def is_erased(path: Path) -> bool:
    """Whether the patient to whom the file belongs was erased, so that nobody can open it."""
    with path.open("rb") as file:
        head = file.read(sealing.OVERHEAD)
    return len(head) == sealing.OVERHEAD and keystore.is_erased(sealing.owner_of(head))


def _place(about: str, name: UUID) -> str:
    return f"file|{about}|{name}"


def _folder() -> Path:
    return Path(settings.ATTACHMENTS_DIR)


def _path(name: UUID) -> Path:
    return _folder() / str(name)
