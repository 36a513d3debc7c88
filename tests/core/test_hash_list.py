import os
import random
import subprocess
import sys
from hashlib import sha1

import pytest

from core import hash_list

LEAKED = [f"password number {n}" for n in range(500)]


def hashed(text):
    return sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def write(tmp_path):
    """Write the lines into a file, and return where it is."""

    def write(lines, *, end="\n"):
        path = tmp_path / "hashes.txt"
        path.write_bytes("".join(line + end for line in lines).encode())
        return path

    return write


LINES = {
    "as published": (lambda n, digest: f"{digest}:{n + 1}", "\r\n"),
    "hashes only": (lambda _n, digest: digest, "\n"),
    "small letters": (lambda n, digest: f"{digest.lower()}:{n}", "\n"),
    "uneven counts": (lambda n, digest: f"{digest}:{10 ** (n % 9)}", "\n"),
}


@pytest.mark.parametrize("kind", LINES)
def test_each_that_is_in_it_is_found_and_no_other(write, kind):
    line, end = LINES[kind]
    lines = [line(n, digest) for n, digest in enumerate(sorted(map(hashed, LEAKED)))]

    hashes = hash_list.opened(write(lines, end=end))

    assert [text for text in LEAKED if text not in hashes] == []
    assert [n for n in range(500) if f"secret number {n}" in hashes] == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_lists_have_a_first_and_a_last(write, count):
    hashes = hash_list.opened(write(sorted(map(hashed, LEAKED[:count]))))

    assert [text in hashes for text in LEAKED[: count + 1]] == [True] * count + [False]


def test_the_last_line_may_have_no_end(write):
    path = write(sorted(map(hashed, LEAKED)))
    path.write_bytes(path.read_bytes().rstrip())

    hashes = hash_list.opened(path)

    assert all(text in hashes for text in LEAKED)


def test_a_look_up_reads_few_lines_however_long_the_list(write, monkeypatch):
    lines = sorted(hashed(str(n)) for n in range(20_000))
    hashes = hash_list.opened(write(lines))
    read, hash_from = [], hash_list._hash_from
    monkeypatch.setattr(
        hash_list, "_hash_from", lambda *where: read.append(where) or hash_from(*where)
    )

    assert "12345" in hashes
    assert len(read) < 25


def shuffled(lines):
    random.Random(7).shuffle(lines)
    return lines


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _lines: [],
        shuffled,
        lambda lines: lines[::-1],
        lambda lines: [f"{line[:39]}:1" for line in lines],
        lambda lines: ["password", *lines],
        lambda lines: [line + " " * 60 for line in lines],
    ],
    ids=["empty", "shuffled", "backwards", "short hashes", "a password itself", "long lines"],
)
def test_what_is_no_sorted_list_is_refused_when_it_is_opened(write, spoil):
    path = write(spoil(sorted(map(hashed, LEAKED))))

    with pytest.raises(hash_list.Unusable, match=path.name):
        hash_list.opened(path)


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        hash_list.opened(tmp_path / "nothing.txt")


def test_disorder_that_the_sample_missed_is_refused_on_the_way(write):
    lines = sorted(map(hashed, LEAKED))
    middle = len(lines) // 2
    path = write([*lines[:middle], "0" * 40, *lines[middle:]])

    with pytest.raises(hash_list.Unusable, match="not sorted"):
        [text in hash_list.HashList(path) for text in LEAKED]


@pytest.mark.parametrize("content", [None, "", "B" * 40 + "\n" + "A" * 40 + "\n"])
def test_the_site_does_not_start_with_a_list_that_is_none(tmp_path, content):
    path = tmp_path / "hashes.txt"
    if content is not None:
        path.write_text(content)
    named = os.environ | {"BREACHED_PASSWORDS": str(path)}

    start = [sys.executable, "-c", "import telehealth.settings"]
    done = subprocess.run(start, check=False, env=named, capture_output=True, text=True)

    assert (done.returncode, str(path) in done.stderr) == (1, True)
