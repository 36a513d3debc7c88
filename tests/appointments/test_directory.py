"""Who is found, why, and with which times."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from appointments import booking, indexing
from appointments.directory import NEAREST_COUNT, find, free_slots, instead_of, payers
from appointments.models import AvailabilityException, AvailabilityRule, Schedule
from appointments.ranking import Misplaced
from appointments.wishes import WEIGHTS, Times, Wishes
from tests import factories
from tests.factories import HOUR, NINE, NOW

TODAY = date(2026, 12, 1)
MINUTE = timedelta(minutes=1)
NOON = NOW + 2 * HOUR  # 11:00 in Chicago: the first time after the lead of two hours


def found(state="IL", *, now=NOW, **wishes):
    """What the list shows, with an index that the sweep has seen to."""
    indexing.sweep(now=now)
    return find(Wishes(state, **wishes), on=TODAY, now=now).matches


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


FIRM = [
    ({"payers": ["Cigna"]}, {"payer": "Cigna"}),
    ({"methods": ["emdr"]}, {"method": "emdr"}),
    ({"age_groups": ["teen"]}, {"age_group": "teen"}),
    ({"fee_cents": 9000}, {"max_fee_cents": 10000}),
    ({"approach": "Slow walks."}, {"text": "walks"}),
]
SOFT = [
    ({"concerns": ["grief"]}, {"concern": "grief"}),
    ({"languages": ["es"]}, {"language": "es"}),
    ({"gender": "woman"}, {"gender": "woman"}),
    ({"identities": ["veteran"]}, {"identities": ("veteran",)}),
]


@pytest.fixture
def ana(practice):
    return factories.make_provider(practice, "Ana Sol")


@pytest.fixture
def three(practice):
    """Enough for a choice, of whom none meets more than the ordinary."""
    return [factories.make_provider(practice, f"P{number} Ray") for number in range(3)]


@pytest.mark.parametrize(("fields", "wish"), FIRM)
def test_a_firm_wish_leaves_out_who_does_not_meet_it(practice, three, fields, wish):
    for number in range(3):
        factories.make_provider(practice, f"Ana{number} Sol", **fields)

    assert sorted(names(found(**wish))) == ["Ana0 Sol", "Ana1 Sol", "Ana2 Sol"]


@pytest.mark.parametrize(("fields", "wish"), FIRM)
def test_there_is_a_choice_of_three_though_one_alone_meets_a_firm_wish(
    practice, three, fields, wish
):
    factories.make_provider(practice, "Ana Sol", **fields)

    first, *others = found(**wish)

    assert (first.provider.name, first.unmet, len(others)) == ("Ana Sol", [], 2)
    assert [len(match.unmet) for match in others] == [1, 1]


@pytest.mark.parametrize(("fields", "wish"), SOFT)
def test_who_meets_another_wish_comes_first_and_the_others_follow(practice, three, fields, wish):
    late = factories.make_provider(practice, "Ana Sol", **fields)
    late.availability_rules.exclude(weekday=4).delete()

    first, *others = found(**wish)

    assert (first.provider, first.unmet, len(others)) == (late, [], 3)
    assert [len(match.unmet) for match in others] == [1, 1, 1]


def test_the_licence_is_no_wish_and_is_never_missed(practice, ana, dr_bob):
    ana.licences.update(state="WI")

    assert names(found(payer="Cigna")) == ["Bob Ray"]


def test_each_wish_is_answered_by_a_reason(practice):
    factories.make_provider(
        practice,
        "Ana Sol",
        languages=["es"],
        concerns=["trauma"],
        methods=["emdr"],
        age_groups=["teen"],
        gender="woman",
        identities=["lgbtq"],
    )

    [match] = found(
        concern="trauma",
        method="emdr",
        language="es",
        payer="Aetna",
        max_fee_cents=15000,
        age_group="teen",
        gender="woman",
        identities=("lgbtq",),
        times=Times(CHICAGO, 1, "afternoon"),
        text="sol",
    )

    assert match.reasons == [
        "licensed in Illinois",
        "found by “sol”",
        "works with trauma and PTSD",
        "trained in eye movement desensitization and reprocessing (EMDR)",
        "sees teens, 13 to 17",
        "takes Aetna",
        "within $150.00",
        "speaks Spanish",
        "is a woman",
        "says of themselves: LGBTQ+",
        "free on Tuesday in the afternoon",
    ]
    assert match.unmet == []


def test_each_wish_that_is_not_met_is_named(dr_bob):
    [match] = found(
        concern="trauma",
        method="act",
        language="es",
        payer="Cigna",
        max_fee_cents=1000,
        age_group="child",
        gender="man",
        identities=("asian",),
        times=Times(CHICAGO, 6),
        text="nobody",
    )

    assert match.unmet == [
        "not found by “nobody”",
        "does not name trauma and PTSD",
        "does not name acceptance and commitment therapy (ACT)",
        "does not name children, up to 12",
        "does not take Cigna",
        "costs more than $10.00",
        "does not speak Spanish",
        "does not say: man",
        "does not say: Asian",
        "nothing free on Sunday in the next weeks",
    ]


def test_the_weights_are_the_visitors(practice):
    speaks = factories.make_provider(practice, "Ana Sol", languages=["es"])
    helps = factories.make_provider(practice, "Eva Low", concerns=["grief"])
    wishes = {"concern": "grief", "language": "es"}

    usual = found(**wishes)
    hers = found(**wishes, weights=WEIGHTS | {"language": 90})

    assert [usual[0].provider, hers[0].provider] == [helps, speaks]


def test_a_time_soon_counts_as_much_as_the_visitor_says(practice):
    helps_later = factories.make_provider(practice, "Ana Sol", concerns=["grief"])
    helps_later.availability_rules.exclude(weekday=0).delete()
    soon = factories.make_provider(practice, "Eva Low", concerns=[])

    usual = found(concern="grief")
    hers = found(concern="grief", weights=WEIGHTS | {"soon": 100})

    assert [usual[0].provider, hers[0].provider] == [helps_later, soon]


def test_of_two_alike_the_one_with_fewer_visits_comes_first(practice, alice):
    busy = factories.make_provider(practice, "A Busy")
    factories.make_provider(practice, "B Free")
    for number in range(5):
        factories.make_visit(busy, alice, starts_at=NINE + number * HOUR)

    assert names(found()) == ["B Free", "A Busy"]


def test_who_comes_first_of_those_alike_changes_with_the_days(practice, three):
    firsts = {
        find(Wishes("IL"), on=day.date(), now=day).matches[0].provider.name
        for day in (NOW + timedelta(days=number) for number in range(30))
        if indexing.sweep(now=day)
    }

    assert firsts == {"P0 Ray", "P1 Ray", "P2 Ray"}


CHICAGO, HONOLULU = ZoneInfo("America/Chicago"), ZoneInfo("Pacific/Honolulu")


def test_times_on_the_day_and_part_of_the_day_wished_for_are_shown(dr_bob):
    [match] = found(times=Times(CHICAGO, 4, "afternoon"))

    friday_noon = NINE + 27 * HOUR
    assert match.slots == [friday_noon, friday_noon + 2 * HOUR, friday_noon + 4 * HOUR]
    assert match.reasons[1] == "free on Friday in the afternoon"


def test_the_day_is_that_of_the_visitors_zone(dr_bob):
    """Noon in Honolulu is 16:00 in Chicago, the last start there at 16:00."""
    [match] = found(times=Times(HONOLULU, None, "afternoon"))

    assert match.slots[0].astimezone(HONOLULU).hour == 12
    assert match.reasons[1] == "free on days in the afternoon"


def test_where_no_time_is_as_wished_the_others_are_shown_and_it_is_said(dr_bob):
    [match] = found(times=Times(CHICAGO, None, "evening"))

    assert match.slots[0] == NOON
    assert match.unmet == ["nothing free on days in the evening in the next weeks"]


def test_a_time_that_is_in_the_hours_but_taken_meets_no_wish(dr_bob, alice):
    dr_bob.availability_rules.exclude(weekday=4).delete()
    dr_bob.availability_rules.update(from_minute=540, to_minute=600)
    for week in range(4):
        factories.make_visit(dr_bob, alice, starts_at=NINE + timedelta(days=1 + 7 * week))

    [match] = found(times=Times(CHICAGO, 4))

    assert match.unmet == ["nothing free on Friday in the next weeks"]


@pytest.mark.parametrize(
    "text", ["Tomas", "tomás", "TOMÁS IBARRA", "Ibara", "Ibbarra", "Ibrara Tomas", "greif", "EMDR"]
)
def test_a_search_copes_with_accents_and_slips(practice, three, text):
    values = {"slug": "tomas", "concerns": ["grief"], "methods": ["emdr"]}
    factories.make_provider(practice, "Tomás Ibarra", **values)

    first, *_others = found(text=text)

    assert (first.provider.name, first.unmet) == ("Tomás Ibarra", [])


@pytest.mark.parametrize("text", ["Thomas Berg", "Iba", "walks", "'; DROP TABLE"])
def test_a_search_does_not_find_what_is_not_there(practice, text):
    factories.make_provider(practice, "Tomás Ibarra", slug="tomas")

    assert found(text=text)[0].unmet == [f"not found by “{text}”"]


def test_a_search_without_a_word_is_no_wish(dr_bob):
    assert found(text="% --")[0].unmet == []


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


def test_the_one_who_holds_a_time_still_sees_it_on_the_providers_page(dr_bob):
    booking.hold(provider=dr_bob, starts_at=NINE, holder="h1", state="IL", now=NOW)

    assert NINE in free_slots(provider=dr_bob, state="IL", now=NOW, holder="h1")
    assert NINE not in free_slots(provider=dr_bob, state="IL", now=NOW)


def test_days_off_and_other_hours_are_kept(dr_bob):
    AvailabilityException.objects.create(provider=dr_bob, on=TODAY)
    AvailabilityException.objects.create(
        provider=dr_bob, on=date(2026, 12, 2), from_minute=13 * 60, to_minute=14 * 60
    )

    one_pm_on_the_second = NOW + 28 * HOUR
    assert found()[0].slots == [one_pm_on_the_second, NINE, NINE + 2 * HOUR]


ALL = {
    "concern": "grief",
    "payer": "Aetna",
    "text": "ray",
    "identities": ("asian",),
    "times": Times(ZoneInfo("America/Chicago"), 3, "morning"),
}


@pytest.mark.parametrize("wishes", [{}, ALL])
@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_is_that_of_one(
    practice, alice, django_assert_num_queries, count, wishes
):
    for number in range(count):
        provider = factories.make_provider(practice, f"P{number} Ray")
        factories.make_visit(provider, alice, starts_at=NINE + number * HOUR)
    indexing.sweep(now=NOW)

    # the providers with their schedules; their licences; their intervals
    with django_assert_num_queries(3):
        assert len(find(Wishes("IL", **wishes), on=TODAY, now=NOW).matches) == count


def pages(wishes):
    after = ""
    while True:
        page = find(wishes, on=TODAY, now=NOW, after=after, count=2)
        yield [match.provider.name for match in page.matches]
        if not (after := page.after):
            return


@pytest.mark.parametrize(
    "wishes", [{}, {"concern": "sleep"}, {"payer": "Aetna"}, {"weights": WEIGHTS | {"soon": 0}}]
)
def test_pages_follow_one_another_without_a_gap_and_without_a_repetition(practice, wishes):
    for number in range(7):
        factories.make_provider(practice, f"P{number} Ray")

    shown = list(pages(Wishes("IL", **wishes)))

    assert [len(page) for page in shown] == [2, 2, 2, 1]
    assert len({name for page in shown for name in page}) == 7


def test_who_misses_a_firm_wish_is_on_no_later_page(practice):
    for number in range(4):
        factories.make_provider(practice, f"P{number} Ray", payers=["Cigna"])
        factories.make_provider(practice, f"Q{number} Ray")

    assert [len(page) for page in pages(Wishes("IL", payer="Cigna"))] == [2, 2]


@pytest.mark.parametrize(
    "after",
    ["x", "bnVsbA", "W10", "é", "WzEsMiwzXQ", "WyJ4IiwxLDIsM10", "WzEsMSwxLDEsMSwxXQ", "W05hTl0"],
)
@pytest.mark.parametrize("wishes", [{}, {"concern": "sleep"}])
def test_a_place_that_is_none_is_refused(dr_bob, after, wishes):
    with pytest.raises(Misplaced):
        find(Wishes("IL", **wishes), on=TODAY, now=NOW, after=after)


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
    indexing.sweep(now=NOW)

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
