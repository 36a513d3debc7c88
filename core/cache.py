"""Django's database cache, with each write in one statement: it counts tries, at every sign-in.

Django's own takes half a dozen statements a write. As one statement, `add` is also atomic where two
processes add at once, which is what the locks of the rate limits lean on.
"""

import base64
import pickle
import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.utils.crypto import salted_hmac

FOREVER = 32_503_680_000.0  # the year 3000

WRITE = """
INSERT INTO {table} AS kept (cache_key, value, expires)
VALUES (%(key)s, %(value)s, to_timestamp(%(until)s))
ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""
ONLY_IF_ABSENT = " WHERE kept.expires <= to_timestamp(%(now)s)"


def closed(key: Any, key_prefix: str, version: int) -> str:
    """Return the name under which an entry lies: it tells neither who tries nor from where, though
    somebody guesses. allauth's own is a plain hash of the address."""
    name = f"{key_prefix}:{version}:{key}"
    return salted_hmac("core.cache", name, algorithm="sha256").hexdigest()


class CountingCache(DatabaseCache):
    _table: str  # what the setting LOCATION names

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._write(WRITE, key, value, timeout, version)

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return self._write(WRITE + ONLY_IF_ABSENT, key, value, timeout, version)

    def _write(
        self, statement: str, key: Any, value: Any, timeout: Any, version: int | None
    ) -> bool:
        """Return whether a row was written."""
        row: dict[str, str | float] = {
            "key": self.make_and_validate_key(key, version=version),
            "value": base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1"),
            "until": self.until(timeout),
            "now": time.time(),
        }
        with connection.cursor() as cursor:
            cursor.execute(statement.format(table=self._table), row)
            is_written: bool = cursor.rowcount == 1
        return is_written

    def sweep(self) -> None:
        """Remove what has run out. Beat asks for it: a write that swept by chance would now and
        then cost two statements."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self._table} WHERE expires <= to_timestamp(%s)",  # noqa: S608 -- our setting
                [time.time()],
            )

    def until(self, timeout: Any) -> float:
        moment = self.get_backend_timeout(timeout)
        return FOREVER if moment is None else moment
