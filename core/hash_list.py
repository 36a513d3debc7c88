"""A sorted file of SHA-1 hashes, such as Have I Been Pwned publishes of the passwords that leaked.

A line is the hash in hexadecimal, alone or before a colon and a count. The file may have tens of
gigabytes, so it is never loaded: a look-up halves it some thirty times, and reads a line each time.
"""

import os
import re
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import BinaryIO

HEX, LONGEST = 40, 80
AFTER_ALL = b"G"
LINE = re.compile(rb"[0-9A-Fa-f]{40}(:\d+)?\r?\n?")
SAMPLES = 1000  # lines looked at when the file is opened; to read all would take minutes


class Unusable(Exception):
    """The file is no sorted list of SHA-1 hashes."""


@dataclass(frozen=True)
class HashList:
    path: Path

    def __contains__(self, text: str) -> bool:
        """
        :raises Unusable: if the way to the place where it would stand is not sorted
        """
        wanted = sha1(text.encode(), usedforsecurity=False).hexdigest().upper().encode()
        with self.path.open("rb") as file:
            return _at_or_after(wanted, file) == wanted


def opened(path: Path) -> HashList:
    """
    Return the list, after a look at a thousand of its lines.

    :raises Unusable: if it is empty, or one of them is no hash, or stands after a greater one
    :raises OSError: if there is no such file, or it may not be read
    """
    with path.open("rb") as file:
        size = _size(file)
        sample = [_hash_from(size * n // SAMPLES, file) for n in range(SAMPLES)]
    found = [digest for digest in sample if digest]  # the last line may have none after it
    if not found or found != sorted(found):
        raise Unusable(f"{path} is empty, or not sorted by hash")
    return HashList(path)


def _at_or_after(wanted: bytes, file: BinaryIO) -> bytes:
    """Return the first hash that is not before the wanted one; blank, if all are."""
    low, high = 0, _size(file)
    below, above = b"", AFTER_ALL  # what was found on either side
    while low < high:
        middle = (low + high) // 2
        found = _hash_from(middle, file) or AFTER_ALL
        if not below <= found <= above:
            raise Unusable(f"{file.name} is not sorted, about byte {middle}")
        if found < wanted:
            low, below = middle + 1, found
        else:
            high, above = middle, found
    return _hash_from(low, file)


def _hash_from(offset: int, file: BinaryIO) -> bytes:
    """Return the hash of the first line that begins there or later; blank at the end.

    :raises Unusable: if the line holds anything else
    """
    file.seek(max(offset - 1, 0))
    if offset:
        file.readline(LONGEST)  # the rest of the line before
    line = file.readline(LONGEST)
    if line and not LINE.fullmatch(line):
        raise Unusable(f"{file.name} holds no SHA-1 hash after byte {offset}")
    return line[:HEX].upper()


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)
