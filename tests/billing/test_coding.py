from datetime import date

import pytest

from billing import coding

TODAY = date(2026, 12, 3)


@pytest.mark.parametrize(
    ("minutes", "code"),
    [
        (0, ""),
        (15, ""),
        (16, "90832"),
        (37, "90832"),
        (38, "90834"),
        (52, "90834"),
        (53, "90837"),
        (180, "90837"),
        (24 * 60 + 1, "90837"),
        (30 * 24 * 60, "90837"),
    ],
)
def test_the_minutes_decide_the_code(minutes, code):
    assert coding.cpt_for(minutes, on=TODAY) == code


def test_every_minute_of_a_day_has_at_most_one_code():
    codes_of = [
        [rule.code for rule in coding.time_rules() if rule.covers(minutes, on=TODAY)]
        for minutes in range(24 * 60 + 1)
    ]

    assert max(map(len, codes_of)) == 1


def test_a_code_counts_from_its_first_day():
    first = date(2013, 1, 1)

    assert coding.cpt_for(45, on=first) == "90834"
    assert coding.cpt_for(45, on=date(2012, 12, 31)) == ""


def test_every_code_has_words():
    codes = {rule.code for rule in coding.time_rules()}

    assert set(coding.CPT_WORDS) == codes | {""}


@pytest.mark.parametrize(("is_at_home", "place"), [(True, "10"), (False, "02")])
def test_where_the_patient_was_decides_the_place_of_service(is_at_home, place):
    assert coding.place_of_service(is_at_home=is_at_home) == place


@pytest.mark.parametrize(("has_video", "modifier"), [(True, "95"), (False, "93")])
def test_a_visit_by_sound_only_has_its_own_modifier(has_video, modifier):
    assert coding.modifier(has_video=has_video) == modifier
