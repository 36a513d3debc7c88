"""The files that messages came with, as a copy holds them."""

from collections.abc import Iterator

from messaging import attachments
from messaging.models import Attachment
from telehealth.record.contents import Contents

FOLDER = "attachments/"


def files(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file that was passed on, one at a time: they may be large.

    One that is away or damaged is noted in `contents.lost`: the rest of the record is still hers.
    """
    for row in contents.rows["messaging.Attachment"]:
        if row.status != Attachment.Status.CLEAN:
            continue
        try:
            yield name_of(row), attachments.opened(row)
        except attachments.Lost:
            contents.lost.append(row)


def name_of(row: Attachment) -> str:
    return FOLDER + row.name
