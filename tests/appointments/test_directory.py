"""Who is found, why, and with which times."""

from datetime import date, timedelta

import pytest

from appointments import booking
from appointments.directory import NEAREST_COUNT, find, free_slots, instead_of, payers
from appointments.models import AvailabilityException, AvailabilityRule, Schedule
from tests import factories
from tests.factories import HOUR, NINE, NOW

TODAY = date(2026, 12, 1)
MINUTE = timedelta(minutes=1)
NOON = NOW + 2 * HOUR  # 11:00 in Chicago: the first time after the lead of two hours


def found(state="IL", **wishes):
    return find(state=state, on=TODAY, now=NOW, **wishes)


def names(matches):
    return [match.provider.name for match in matches]


def test_a_provider_licensed_there_is_found(dr_bob):
    [match] = found()

    assert match.provider == dr_bob
    assert match.reasons == ["licensed in Illinois"]
    assert match.fee == "$150.00 for 50 minutes"


def test_the_next_free_times_are_shown_spread_over_the_day(dr_bob):
    [match] = found()

    assert match.slots == [NOON, NOON + 2 * HOUR, NOON + 4 * HOUR]


@pytest.mark.parametrize(
    "fields",
    [
        {"valid_until": date(2026, 11, 30)},
        {"valid_from": date(2026, 12, 2)},
        {"state": "WI"},
    ],
)
def test_without_a_valid_licence_there_today_nobody_is_found(dr_bob, fields):
    dr_bob.licences.update(**fields)

    assert found() == []


def test_a_licence_is_good_on_its_first_and_its_last_day(dr_bob):
    dr_bob.licences.update(valid_from=TODAY, valid_until=TODAY)

    assert names(found()) == ["Bob Ray"]


def test_no_time_is_shown_on_a_day_when_the_licence_is_over(dr_bob):
    dr_bob.licences.update(valid_until=TODAY)

    slots = free_slots(provider=dr_bob, state="IL", now=NOW)

    assert {slot.date() for slot in slots} == {TODAY}


def test_an_expired_licence_is_not_mended_by_a_valid_one_elsewhere(dr_bob):
    dr_bob.licences.update(valid_until=date(2026, 11, 30))
    factories.make_licence(dr_bob, state="WI")

    assert found() == []


def test_a_compact_member_may_treat_in_the_states_that_joined(dr_bob):
    factories.make_licence(dr_bob, compact="psypact", number="P-1")

    [match] = found("TX")

    assert match.reasons[0] == "may treat in Texas under PSYPACT"


def test_a_compact_does_not_open_a_state_that_has_not_joined(dr_bob):
    factories.make_licence(dr_bob, compact="psypact", number="P-1")

    assert found("CA") == []


def test_an_authority_that_has_run_out_opens_no_state(dr_bob):
    factories.make_licence(dr_bob, compact="psypact", number="P-1", valid_until=date(2026, 11, 30))

    assert found("TX") == []


def test_the_states_own_licence_is_the_reason_given_first(dr_bob):
    factories.make_licence(dr_bob, compact="psypact", number="P-1")

    assert found()[0].reasons[0] == "licensed in Illinois"


def test_those_who_take_nobody_or_left_are_not_found(dr_bob, carol):
    dr_bob.is_accepting = False
    dr_bob.save()
    carol.user.is_active = False
    carol.user.save()

    assert found() == []


def test_each_wish_leaves_out_who_does_not_meet_it(practice, dr_bob):
    fields = {"concerns": ["grief"], "languages": ["es"], "payers": ["Cigna"], "fee_cents": 20000}
    factories.make_provider(practice, "Ana Sol", **fields)

    assert [
        names(found(concern="grief")),
        names(found(language="es")),
        names(found(payer="Cigna")),
        names(found(max_fee_cents=15000)),
        names(found(concern="grief", language="en")),
    ] == [["Ana Sol"], ["Ana Sol"], ["Ana Sol"], ["Bob Ray"], []]


def test_each_wish_is_answered_by_a_reason(practice):
    factories.make_provider(practice, "Ana Sol", languages=["es"], concerns=["trauma", "sleep"])
    wishes = {"concern": "trauma", "language": "es", "payer": "Aetna", "max_fee_cents": 15000}

    [match] = found(**wishes)

    assert match.reasons == [
        "works with trauma and PTSD",
        "licensed in Illinois",
        "takes Aetna",
        "speaks Spanish",
    ]


def test_a_sliding_fee_within_reach_counts_and_is_named(practice):
    factories.make_provider(practice, "Ana Sol", sliding_fee_cents=8000)

    [match] = found(max_fee_cents=10000)

    assert match.fee == "from $80.00 for 50 minutes, by agreement"


def test_the_ones_with_the_soonest_time_come_first_and_those_without_last(practice):
    late = factories.make_provider(practice, "A Late")
    AvailabilityRule.objects.filter(provider=late).exclude(weekday=4).delete()
    never = factories.make_provider(practice, "B Never")
    AvailabilityRule.objects.filter(provider=never).delete()
    factories.make_provider(practice, "C Soon")

    assert names(found()) == ["C Soon", "A Late", "B Never"]


def test_taken_times_are_not_shown(dr_bob, alice):
    factories.make_visit(dr_bob, alice, starts_at=NOON)

    assert found()[0].slots[0] == NOON + HOUR


def test_a_held_time_is_not_shown_until_the_hold_is_over(dr_bob):
    booking.hold(provider=dr_bob, starts_at=NOON + HOUR, holder="h1", state="IL", now=NOW)

    assert found()[0].slots[0] == NOON
    assert NOON + HOUR not in free_slots(provider=dr_bob, state="IL", now=NOW)
    assert NOON + HOUR in free_slots(provider=dr_bob, state="IL", now=NOW + booking.HOLD)


def test_the_one_who_holds_a_time_still_sees_it(dr_bob):
    booking.hold(provider=dr_bob, starts_at=NOON, holder="h1", state="IL", now=NOW)

    assert found(holder="h1")[0].slots[0] == NOON


def test_days_off_and_other_hours_are_kept(dr_bob):
    AvailabilityException.objects.create(provider=dr_bob, on=TODAY)
    AvailabilityException.objects.create(
        provider=dr_bob, on=date(2026, 12, 2), from_minute=13 * 60, to_minute=14 * 60
    )

    one_pm_on_the_second = NOW + 28 * HOUR
    assert found()[0].slots == [one_pm_on_the_second, NINE, NINE + 2 * HOUR]


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_is_that_of_one(practice, alice, django_assert_num_queries, count):
    for number in range(count):
        provider = factories.make_provider(practice, f"P{number} Ray")
        factories.make_visit(provider, alice, starts_at=NINE + number * HOUR)

    # the providers; their schedules, licences, hours, exceptions; their busy times
    with django_assert_num_queries(6):
        assert len(found()) == count


def test_two_weeks_of_times_are_shown_and_no_more(dr_bob):
    Schedule.objects.update(step_minutes=60)

    slots = free_slots(provider=dr_bob, state="IL", now=NOW)

    assert (slots[0], slots[-1]) == (NOON, NOW + timedelta(days=13, hours=7))
    assert max(slots) < NOW + timedelta(days=14)


def test_instead_of_a_taken_time_the_nearest_of_the_same_provider_are_shown_by_the_clock(
    dr_bob, alice
):
    noon = NINE + 3 * HOUR
    factories.make_visit(dr_bob, alice, starts_at=noon)

    instead = instead_of(provider=dr_bob, starts_at=noon, state="IL", on=TODAY, now=NOW)

    assert len(instead.slots) == NEAREST_COUNT
    assert instead.slots == [
        *(noon - HOUR - minutes * MINUTE for minutes in (30, 15, 0)),
        *(noon + HOUR + minutes * MINUTE for minutes in (0, 15, 30)),
    ]
    assert instead.matches == []


def test_instead_of_a_provider_without_any_time_others_are_shown(dr_bob, carol):
    dr_bob.availability_rules.all().delete()

    instead = instead_of(provider=dr_bob, starts_at=NINE, state="IL", on=TODAY, now=NOW)

    assert (instead.slots, names(instead.matches)) == ([], ["Carol Fox"])


def test_a_provider_who_left_is_not_offered_instead(dr_bob):
    dr_bob.is_accepting = False
    dr_bob.save()

    instead = instead_of(provider=dr_bob, starts_at=NINE, state="IL", on=TODAY, now=NOW)

    assert (instead.slots, instead.matches) == ([], [])


def test_the_insurers_are_those_of_listed_providers_once_each(practice, dr_bob, carol):
    factories.make_provider(practice, "Ana Sol", payers=["Cigna", "Aetna"])
    factories.make_provider(practice, "Gone Sol", payers=["Kaiser"], is_accepting=False)

    assert payers() == ["Aetna", "Cigna"]
