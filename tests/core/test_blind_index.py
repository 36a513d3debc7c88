import pytest

from accounts import phones
from accounts.models import Patient
from core import blind_index
from tests.factories import make_patient


def test_equal_words_have_equal_indexes_within_a_place_only():
    one = blind_index.digest("a_table|phone", "+13125550123")

    assert one == blind_index.digest("a_table|phone", "+13125550123")
    assert one != blind_index.digest("a_table|phone", "+13125550124")
    assert one != blind_index.digest("a_table|fax", "+13125550123")
    assert len(one) == 32


def test_without_the_secret_an_index_says_nothing(settings):
    one = blind_index.digest("a_table|phone", "+13125550123")
    settings.BLIND_INDEX_SECRET = "another"

    assert blind_index.digest("a_table|phone", "+13125550123") != one


def test_a_blank_has_no_index():
    assert blind_index.digest("a_table|phone", "") == b""


@pytest.mark.parametrize("text", ["(312) 555-0123", "312.555.0123", "+1 312 555 0123"])
def test_a_patient_is_found_by_her_number_however_it_is_written(alice, mallory, practice, text):
    mallory.phone = "312-555-0188"
    mallory.save()

    assert list(Patient.objects.with_phone(text)) == [alice]


def test_a_family_that_shares_a_number_is_found_together(alice, practice):
    kit = make_patient(practice, "Kit Doe")

    assert set(Patient.objects.with_phone("312-555-0123")) == {alice, kit}


def test_the_index_follows_the_number_and_stays_when_others_change(alice):
    kept = Patient.objects.get()
    kept.preferred_name = "Ali"
    kept.save()
    assert list(Patient.objects.with_phone("312-555-0123")) == [alice]

    kept.phone = "312-555-0177"
    kept.save()

    assert list(Patient.objects.with_phone("312-555-0123")) == []
    assert list(Patient.objects.with_phone("312-555-0177")) == [alice]


@pytest.mark.parametrize("text", ["", "911", "not a number"])
def test_what_is_no_number_finds_nobody(alice, text):
    assert list(Patient.objects.with_phone(text)) == []


def test_the_search_uses_the_index(alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        plan = Patient.objects.with_phone("312-555-0123").explain()

    assert "phone_index" in plan or "patient_by_phone" in plan


def test_a_number_as_all_the_world_writes_it():
    assert [phones.e164(text) for text in ("312-555-0123", "911")] == ["+13125550123", ""]
