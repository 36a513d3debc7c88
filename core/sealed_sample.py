"""Whether what is sealed opens with the keys that are there: by a sample of every such column.

The values are opened and forgotten; nobody reads them. What is erased must stay shut.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.db import connection

from core import keyring, keystore, sealing
from core.fields import SealedField

EACH = 50  # values of each column, and as many of those that were erased
# Byte 2 to 17 of an envelope are its owner (core/sealing.py).
SAMPLE = """
(SELECT {row}, {column} FROM {table}
 WHERE octet_length({column}) > 0 ORDER BY random() LIMIT {most})
UNION
(SELECT {row}, {column} FROM {table}
 WHERE octet_length({column}) > 0 AND substring({column} FROM 2 FOR 16) = ANY(%s) LIMIT {most})
"""
FAULTS = {
    keystore.NoKey: "there is no key",
    keyring.UnknownKey: "its key is wrapped by one that is not in the ring",
    InvalidTag: "its key does not unwrap",
    sealing.Tampered: "it does not open",
}
THOUGH_ERASED = "it opens though its patient was erased"


@dataclass
class Sample:
    opened: int = 0
    shut: int = 0  # of the erased
    faults: dict[str, int] = field(default_factory=dict)  # how many, by column and words

    def add_fault(self, column: str, words: str) -> None:
        told = f"{column}: {words}"
        self.faults[told] = self.faults.get(told, 0) + 1


def take(*, erased: Collection[UUID] = ()) -> Sample:
    """
    :param erased: owners that the database says were erased, beside those the key store knows of
    """
    sample, shut = Sample(), {*erased, *keystore.erased_owners()}
    for sealed in sealed_fields():
        for envelope, place in envelopes(sealed, shut):
            look_at(envelope, place, shut, sample)
    return sample


def sealed_fields() -> Iterator[SealedField[Any]]:
    for model in apps.get_models():
        fields = model._meta.local_concrete_fields  # noqa: SLF001 -- Django documents _meta
        yield from (found for found in fields if isinstance(found, SealedField))


def envelopes(sealed: SealedField[Any], shut: set[UUID]) -> Iterator[tuple[bytes, str]]:
    """Yield envelopes of one column, each with its place."""
    names = {"table": sealed.model._meta.db_table, "column": sealed.column}  # noqa: SLF001 -- as above
    query = SAMPLE.format(**names, row=sealed.row_id.column, most=EACH)
    with connection.cursor() as cursor:
        cursor.execute(query, [[owner.bytes for owner in shut]])
        for row, envelope in cursor.fetchall():
            yield bytes(envelope), sealed.place_of(row)


def look_at(envelope: bytes, place: str, shut: set[UUID], sample: Sample) -> None:
    column = ".".join(place.split("|")[:2])
    try:
        sealing.unseal(envelope, place=place)
    except keystore.Erased:
        sample.shut += 1
    except tuple(FAULTS) as fault:
        sample.add_fault(column, FAULTS[type(fault)])
    else:
        if sealing.owner_of(envelope) in shut:
            sample.add_fault(column, THOUGH_ERASED)
        else:
            sample.opened += 1
