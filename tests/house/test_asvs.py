"""Goal row 48: docs/asvs.md answers each requirement of levels 1 and 2 once; its files exist."""

import re
from collections import Counter

from tests.house.repository import ROOT, text

ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (\w+) \| (.+) \|$", re.MULTILINE)
FILE = re.compile(r"\b(?:tests|docs|static|[a-z]+)/[\w/.-]+\.(?:py|md|js|conf)\b")
LEVELS = {"1": 70, "2": 183}  # of ASVS 5.0.0, counted in its own table
CHAPTERS = {
    1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13,
    14: 9, 15: 13, 16: 16, 17: 7,
}  # fmt: skip
ANSWERS = ("kept", "absent", "operator", "open")


def rows():
    return ROW.findall(text("docs/asvs.md"))


def numbers():
    return [tuple(int(part) for part in row[0].split(".")) for row in rows()]


def test_each_requirement_has_one_answer_in_order():
    assert Counter(level for _, level, _, _ in rows()) == LEVELS
    assert Counter(chapter for chapter, _, _ in numbers()) == CHAPTERS
    assert numbers() == sorted(set(numbers()))


def test_an_answer_is_one_of_four_words():
    told = Counter(answer for _, _, answer, _ in rows())

    assert set(told) == set(ANSWERS)
    said = ", ".join(f"{told[answer]} {answer}" for answer in ANSWERS)
    assert f"Of 253 (70 of level 1, 183 of level 2): {said}." in text("docs/asvs.md")


def test_every_file_that_is_named_exists():
    named = {(number, file) for number, _, _, why in rows() for file in FILE.findall(why)}

    assert len(named) > 100
    assert [(number, file) for number, file in sorted(named) if not (ROOT / file).exists()] == []
