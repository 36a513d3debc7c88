"""The files that messages came with, as a copy holds them."""

from collections.abc import Iterator

from core import sealed_files
from messaging.models import Attachment
from telehealth.record.contents import Contents

FOLDER = "attachments/"


def files(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file that was passed on, one at a time: they may be large.

    :raises sealed_files.Missing: a copy from which something is missing would not say so
    """
    for row in contents.rows["messaging.Attachment"]:
        if row.status == Attachment.Status.CLEAN:
            yield FOLDER + row.name, sealed_files.read(row.file, about=row.about)
