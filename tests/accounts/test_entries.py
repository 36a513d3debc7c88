"""What the practice enters of a therapist and checks, so that people can find her."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts import entries, npi, profiles
from accounts.models import Licence, Membership, Provider
from appointments.directory import free_slots
from core.models import AuditEvent
from tests.appointments.test_indexing import is_right
from tests.factories import NINE, NOW, SCOPED, make_licence, make_member, make_practice

TODAY, DAY = NOW.date(), timedelta(days=1)
Role = Membership.Role
NPI = "1234567893"  # CMS's own example
FACTS = {"npi": NPI, "fee_cents": "150", "sliding_fee_cents": "", "payers": "Aetna\nCigna"}
WORDS = {
    "name": "Nia Low",
    "credentials": "LCSW",
    "profession": "Clinical social worker",
    "approach": "We begin where you are.",
    "concerns": ["anxiety"],
    "languages": ["en"],
    "age_groups": ["adult"],
}
LICENCE = {
    "state": "WI",
    "compact": "",
    "number": "WI-1",
    "valid_from": "2026-01-01",
    "valid_until": "2027-12-31",
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(practice):
    return make_member(practice, Role.ADMIN, "boss@example.com")


@pytest.fixture
def hers(sign_in, boss):
    """The admin's browser."""
    return sign_in(boss)


@pytest.fixture
def nia(practice):
    """A therapist who has just taken up her role."""
    return profiles.begin(
        user=make_member(practice, Role.PROVIDER, "nia@example.com"), practice=practice
    )


def to(provider, name="entry", *more):
    return reverse(f"accounts:{name}", args=[provider.slug, *more])


def plain(response):
    return " ".join(response.content.decode().split())


def deeds():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def fresh(provider):
    return Provider.objects.get(pk=provider.pk)


def test_from_an_invitation_to_the_list(hers, nia, client, practice):
    """Nobody's profile is listed without what the practice enters here."""
    page = hers.get(to(nia))
    assert {"Your NPI", "Your fee", "A licence that is valid today"} <= {
        str(words) for words in page.context["missing"]
    }
    profiles.write(provider=nia, by=nia.user, now=NOW, pronouns="", **WORDS)

    hers.post(to(nia), FACTS)
    hers.post(to(nia, "create_licence"), LICENCE)
    assert hers.post(to(nia, "create_verification")).status_code == 302
    assert hers.post(to(nia, "create_listing"), {"deed": "list"}).status_code == 302

    nia = fresh(nia)
    assert (nia.npi, nia.fee_cents, nia.payers) == (NPI, 15000, ["Aetna", "Cigna"])
    assert (nia.verified_on, nia.is_accepting) == (TODAY, True)
    assert client.get(reverse("appointments:provider", args=[nia.slug])).status_code == 200
    assert deeds() == [
        "profile.saved", "entry.saved", "licence.entered", "entry.verified", "entry.listed",
    ]  # fmt: skip


@pytest.mark.parametrize("deed", ["create_verification", "create_listing"])
def test_what_is_not_whole_is_neither_checked_nor_listed(hers, nia, deed):
    answer = hers.post(to(nia, deed), {"deed": "list"})

    assert answer.status_code == 409
    assert "Nothing is changed: something is still missing" in plain(answer)
    assert (fresh(nia).verified_on, fresh(nia).is_accepting) == (None, False)
    assert deeds() == []


def test_nobody_is_listed_whose_last_licence_is_over(hers, dr_bob):
    Provider.objects.update(is_accepting=False)
    Licence.objects.update(valid_until=TODAY - DAY)

    assert hers.post(to(dr_bob, "create_listing"), {"deed": "list"}).status_code == 409


def test_who_is_taken_off_the_list_is_found_by_nobody(hers, dr_bob, client):
    hers.post(to(dr_bob, "create_listing"), {"deed": "unlist"})

    assert client.get(reverse("appointments:provider", args=[dr_bob.slug])).status_code == 404


def test_the_day_of_a_check_is_noted_anew(hers, dr_bob):
    hers.post(to(dr_bob, "create_verification"))

    assert fresh(dr_bob).verified_on == TODAY
    assert "Last checked on Tuesday, December 1, 2026." in plain(hers.get(to(dr_bob)))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"npi": ""}, "npi"),
        ({"npi": "1234567890"}, "npi"),
        ({"npi": "123456789"}, "npi"),
        ({"npi": "12345678९3"}, "npi"),
        ({"fee_cents": "0"}, "fee_cents"),
        ({"fee_cents": "-5"}, "fee_cents"),
        ({"fee_cents": "NaN"}, "fee_cents"),
        ({"fee_cents": "150.505"}, "fee_cents"),
        ({"fee_cents": "5001"}, "fee_cents"),
        ({"sliding_fee_cents": "150"}, "sliding_fee_cents"),
        ({"payers": "x" * 61}, "payers"),
        ({"payers": "\n".join(map(str, range(41)))}, "payers"),
    ],
)
def test_facts_that_cannot_be_are_refused(hers, dr_bob, fields, field):
    before = vars(fresh(dr_bob)) | {"_state": None}

    answer = hers.post(to(dr_bob), FACTS | fields)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert vars(fresh(dr_bob)) | {"_state": None} == before


def test_cents_spaces_and_doubles_are_read_as_they_are_meant(hers, dr_bob):
    fields = {"npi": " 12345 67893 ", "fee_cents": "150.50", "sliding_fee_cents": "80"}

    hers.post(to(dr_bob), fields | {"payers": " Aetna \r\n\r\nAetna\r\nBlue  Cross"})

    bob = fresh(dr_bob)
    assert (bob.npi, bob.fee_cents, bob.sliding_fee_cents) == (NPI, 15050, 8000)
    assert bob.payers == ["Aetna", "Blue Cross"]


@pytest.mark.parametrize(
    ("number", "is_one"),
    [(NPI, True), ("1245319599", True), ("1245319598", False), ("", False), ("12345678931", False)],
)
def test_the_last_digit_of_an_npi_checks_the_others(number, is_one):
    assert npi.is_valid(number) is is_one


def test_a_licence_opens_a_state_at_once(hers, dr_bob):
    assert free_slots(provider=fresh(dr_bob), state="WI", now=NOW) == []

    hers.post(to(dr_bob, "create_licence"), LICENCE)

    assert NINE in free_slots(provider=fresh(dr_bob), state="WI", now=NOW)
    assert fresh(dr_bob).openings.filter(state="WI").exists()
    assert is_right(dr_bob, NOW)


def test_a_compact_is_entered_with_the_home_state(hers, dr_bob):
    hers.post(to(dr_bob, "create_licence"), LICENCE | {"state": "IL", "compact": "psypact"})

    assert "Illinois, PSYPACT, WI-1" in plain(hers.get(to(dr_bob)))
    assert fresh(dr_bob).may_treat_in("TX", on=TODAY)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"state": ""}, "state"),
        ({"state": "XX"}, "state"),
        ({"compact": "warsaw"}, "compact"),
        ({"number": ""}, "number"),
        ({"number": "x" * 41}, "number"),
        ({"valid_from": "0001-01-01"}, "valid_from"),
        ({"valid_until": "2025-12-31"}, "valid_until"),
        ({"valid_until": "soon"}, "valid_until"),
    ],
)
def test_a_licence_that_cannot_be_is_refused(hers, dr_bob, fields, field):
    answer = hers.post(to(dr_bob, "create_licence"), LICENCE | fields)

    assert (answer.status_code, list(answer.context["licence_form"].errors)) == (422, [field])
    assert dr_bob.licences.count() == 1


def test_a_licence_is_entered_once(hers, dr_bob):
    hers.post(to(dr_bob, "create_licence"), LICENCE)

    assert hers.post(to(dr_bob, "create_licence"), LICENCE).status_code == 409
    assert dr_bob.licences.count() == 2


def test_a_licence_that_ends_closes_the_days_after_it_at_once(hers, dr_bob):
    licence = dr_bob.licences.get()

    hers.post(to(dr_bob, "licence_ending", licence.pk), {"last_on": "2026-12-02"})

    licence.refresh_from_db()
    assert licence.valid_until == date(2026, 12, 2)
    assert {one.date() for one in free_slots(provider=fresh(dr_bob), state="IL", now=NOW)} == {
        TODAY, TODAY + DAY,
    }  # fmt: skip
    assert is_right(dr_bob, NOW)
    assert deeds() == ["licence.ended"]


@pytest.mark.parametrize("last_on", ["", "2023-12-31", "2028-01-01", "never"])
def test_a_licence_ends_on_one_of_its_days(hers, dr_bob, last_on):
    """It is valid from 2024 to 2027."""
    licence = dr_bob.licences.get()

    answer = hers.post(to(dr_bob, "licence_ending", licence.pk), {"last_on": last_on})

    licence.refresh_from_db()
    assert (answer.status_code, licence.valid_until) == (422, date(2027, 12, 31))


def test_a_licence_of_somebody_else_is_not_found_there(hers, dr_bob, carol):
    theirs = carol.licences.get()

    assert hers.get(to(dr_bob, "licence_ending", theirs.pk)).status_code == 404


def test_only_an_admin_of_the_practice_enters_anything(sign_in, practice, dr_bob):
    elsewhere = make_member(make_practice(name="Elsewhere"), Role.ADMIN, "x@example.com")
    desk = make_member(practice, Role.FRONT_DESK, "desk@example.com")

    for person in (elsewhere, desk, dr_bob.user):
        assert sign_in(person).get(to(dr_bob)).status_code == 404
        assert sign_in(person).post(to(dr_bob), FACTS).status_code == 404
    assert fresh(dr_bob).npi != NPI


def test_the_front_desk_is_told_which_licences_end_soon(sign_in, practice, dr_bob, carol):
    dr_bob.licences.update(valid_until=TODAY + 60 * DAY)
    carol.licences.update(valid_until=TODAY + 61 * DAY)
    desk = sign_in(make_member(practice, Role.FRONT_DESK, "desk@example.com"))

    page = plain(desk.get(reverse("home")))

    assert "Licenses that end soon" in page
    assert "Bob Ray, PsyD <small>Illinois · until Saturday, January 30, 2027</small>" in page
    assert "Carol Fox" not in page


@pytest.mark.parametrize("days", [-1, 61])
def test_what_is_over_or_far_away_is_not_told(sign_in, practice, dr_bob, days):
    dr_bob.licences.update(valid_until=TODAY + days * DAY)
    desk = sign_in(make_member(practice, Role.FRONT_DESK, "desk@example.com"))

    assert "Licenses that end soon" not in plain(desk.get(reverse("home")))


def test_a_licence_that_another_goes_on_from_is_not_told(sign_in, practice, dr_bob):
    dr_bob.licences.update(valid_until=TODAY + 10 * DAY)
    make_licence(dr_bob, valid_from=TODAY + 11 * DAY, valid_until=TODAY + 700 * DAY)
    desk = sign_in(make_member(practice, Role.FRONT_DESK, "desk@example.com"))

    assert "Licenses that end soon" not in plain(desk.get(reverse("home")))


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_is_that_of_one(
    hers, practice, dr_bob, django_assert_num_queries, count
):
    for number in range(count):
        make_licence(dr_bob, state="WI", valid_from=date(2025, 1, 1 + number))
    hers.get(to(dr_bob))

    with django_assert_num_queries(8 + SCOPED):
        hers.get(to(dr_bob))


def test_a_check_that_is_made_leaves_nothing_missing(dr_bob):
    assert entries.missing(dr_bob, on=TODAY) == []
