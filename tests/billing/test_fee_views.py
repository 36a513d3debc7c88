"""The pages of fees: who sees what, what they say, what they refuse."""

from datetime import timedelta

import pytest
import time_machine

from accounts import coverage, erasure
from accounts.models import Membership
from accounts.models.patients import OFFICE
from appointments import booking, missing
from appointments.models import Appointment
from billing import fees
from billing.models import Charge, FeeDecision, FeeProposal
from tests.appointments.test_views import text
from tests.billing import steps
from tests.billing.test_fees import CALLED_OFF, MISSED, anew, propose
from tests.factories import HOUR, NINE, NOW, make_member, make_practice, make_visit

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
URL = "/fees/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MISSED, tick=False) as traveller:
        yield traveller


@pytest.fixture
def front(practice):
    return make_member(practice, Membership.Role.FRONT_DESK, "front@example.com")


@pytest.fixture
def earlier(dr_bob, alice):
    visit = make_visit(dr_bob, alice, starts_at=NINE - 30 * DAY, **CALLED_OFF)
    proposal = propose(visit, "late-cancellation", proposed_at=NOW - 30 * DAY)
    return FeeDecision.objects.create(
        proposal=proposal, kind="waived", reason="first-time", decided_at=NOW
    )


@pytest.fixture
def proposal(earlier, visit, dr_bob):
    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)
    return FeeProposal.objects.get(appointment=visit)


def url(proposal, *rest):
    return "/".join(["/fees", str(proposal.pk), *rest, ""])


def visits_page(visit):
    return f"/visits/{visit.pk}/"


# The list


def test_with_nothing_to_decide_the_list_says_when_something_will_be_there(sign_in, biller):
    page = text(sign_in(biller).get(URL))

    assert "No fee waits for a decision." in page


@pytest.mark.parametrize("role", [*OFFICE, "provider"])
def test_the_list_names_what_waits(sign_in, practice, proposal, dr_bob, role):
    who = dr_bob.user if role == "provider" else make_member(practice, role, "who@example.com")

    page = text(sign_in(who).get(URL))

    assert "Alice Doe Missed Bob Ray, PsyD · $150.00" in page
    assert "Look at it" in page


def test_what_is_decided_is_off_the_list(sign_in, proposal, biller):
    fees.waive(proposal=proposal, reason="goodwill", by=biller, now=MISSED)

    assert "Alice Doe" not in text(sign_in(biller).get(URL))


def test_the_list_asks_as_much_for_three_as_for_one(
    sign_in, proposal, dr_bob, biller, mallory, django_assert_num_queries, connection_queries
):
    client = sign_in(biller)
    client.get(URL)
    with connection_queries() as one:
        client.get(URL)
    for days in (1, 2):
        propose(make_visit(dr_bob, mallory, starts_at=NINE + days * DAY), "late-move")

    with connection_queries() as three:
        client.get(URL)

    assert len(one) == len(three)


@pytest.fixture
def connection_queries():
    from django.db import connection  # noqa: PLC0415 -- leaf
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 -- leaf

    return lambda: CaptureQueriesContext(connection)


def test_another_practice_sees_nothing_of_it(sign_in, proposal, visit):
    away = make_member(make_practice(name="Away"), Membership.Role.BILLING, "away@example.com")
    client = sign_in(away)

    assert "Alice" not in text(client.get(URL))
    assert client.get(url(proposal)).status_code == 404
    assert client.post(url(proposal, "waiver"), {"reason": "goodwill"}).status_code == 404


def test_the_way_to_the_list_is_on_each_ones_own_page(sign_in, proposal, dr_bob, front, biller):
    for who in (dr_bob.user, front):
        page = sign_in(who).get("/home/").content.decode()
        assert "One fee to decide on" in page
        assert f'href="{URL}"' in page
    assert f'href="{URL}"' in sign_in(biller).get("/ledger/").content.decode()


# Charging


def test_billing_charges_it_as_proposed(sign_in, proposal, biller):
    client = sign_in(biller)
    page = client.get(url(proposal)).content.decode()

    response = client.post(url(proposal, "charge"), {"amount_cents": "150"}, follow=True)

    assert 'value="150.00"' in page or 'value="150"' in page
    assert "Charged: $150.00" in text(response)
    assert Charge.objects.get().amount_cents == 15000


def test_the_provider_lowers_it(sign_in, proposal, dr_bob):
    client = sign_in(dr_bob.user)

    client.post(url(proposal, "charge"), {"amount_cents": "40.50"})

    assert Charge.objects.get().amount_cents == 4050


@pytest.mark.parametrize("amount", ["150.01", "0", "-5", "much", ""])
def test_an_amount_that_cannot_be_is_said_beside_the_field(sign_in, proposal, biller, amount):
    response = sign_in(biller).post(url(proposal, "charge"), {"amount_cents": amount})

    assert response.status_code == 422
    assert list(response.context["charge_form"].errors) == ["amount_cents"]
    assert Charge.objects.count() == 0


def test_the_front_desk_may_waive_and_not_charge(sign_in, proposal, front):
    client = sign_in(front)
    page = client.get(url(proposal)).content.decode()

    answer = client.post(url(proposal, "charge"), {"amount_cents": "150"})

    assert "Charge the fee" not in page
    assert "Waive the fee" in page
    assert (answer.status_code, Charge.objects.count()) == (404, 0)


def test_a_front_desk_that_also_treats_charges_her_own_visits_alone(
    sign_in, practice, proposal, carol
):
    Membership.objects.create(user=carol.user, practice=practice, role=Membership.Role.FRONT_DESK)

    answer = sign_in(carol.user).post(url(proposal, "charge"), {"amount_cents": "150"})

    assert (answer.status_code, Charge.objects.count()) == (404, 0)


def test_who_works_in_the_office_neither_sees_nor_waives_her_own(
    sign_in, proposal, practice, alice
):
    Membership.objects.create(user=alice.user, practice=practice, role=Membership.Role.BILLING)
    client = sign_in(alice.user)

    answers = [
        client.get(url(proposal)),
        client.post(url(proposal, "waiver"), {"reason": "goodwill"}),
        client.get(f"/account/patients/{alice.ref}/coverage/"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert not FeeDecision.objects.filter(proposal=proposal).exists()


def test_the_fee_of_somebody_who_was_erased_since_can_be_waived_and_leads_to_no_payer(
    sign_in, proposal, alice, biller
):
    erasure.erase(patient=alice, reason="request", by=biller, now=MISSED)
    client = sign_in(biller)

    page = client.get(url(proposal))
    answer = client.post(url(proposal, "waiver"), {"reason": "goodwill"})

    assert (page.status_code, answer.status_code) == (200, 302)
    assert "Who pays" not in text(page)
    assert client.get(f"/account/patients/{alice.ref}/coverage/").status_code == 404


def test_where_a_payer_forbids_it_the_page_says_so_and_offers_no_charge(
    sign_in, proposal, alice, biller
):
    days = {"starts_on": NOW.date(), "ends_on": None}
    coverage.enter(patient=alice, program="medicaid", by=biller, now=NOW, **days)
    client = sign_in(biller)

    page, answer = (
        client.get(url(proposal)),
        client.post(url(proposal, "charge"), {"amount_cents": 1}),
    )

    assert "It can only be waived. 42 CFR 447.15" in text(page)
    assert "Charge the fee" not in page.content.decode()
    assert (answer.status_code, "It can only be waived." in text(answer)) == (409, True)


# Waiving


def test_it_is_waived_with_a_reason(sign_in, proposal, front):
    response = sign_in(front).post(url(proposal, "waiver"), {"reason": "failed"}, follow=True)

    assert "Waived. The technology failed" in text(response)
    assert "front" in text(response)


@pytest.mark.parametrize("reason", ["", "rain", "first-time", "taken-back"])
def test_a_reason_that_nobody_may_give_is_refused(sign_in, proposal, front, reason):
    response = sign_in(front).post(url(proposal, "waiver"), {"reason": reason})

    assert response.status_code == 422
    assert list(response.context["waiver_form"].errors) == ["reason"]
    assert fees.decision_of(proposal) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [("charge", {"amount_cents": "150"}), ("waiver", {"reason": "failed"})],
)
def test_who_is_later_than_a_colleague_is_told_so(sign_in, proposal, biller, dr_bob, name, said):
    fees.waive(proposal=proposal, reason="goodwill", by=dr_bob.user, now=MISSED)

    response = sign_in(biller).post(url(proposal, name), said)

    assert response.status_code == 409
    assert "Somebody has decided a moment before you." in text(response)
    assert "Waived. Goodwill" in text(response)


# The visit's page, and the receipt


def test_the_patient_reads_what_is_proposed_and_that_nothing_is_charged(
    sign_in, proposal, visit, alice
):
    page = text(sign_in(alice.user).get(visits_page(visit)))

    assert "the practice may charge the fee of $150.00. Nothing has been charged" in page
    assert "Decide on the fee" not in page


def test_the_provider_is_led_to_the_decision(sign_in, proposal, visit, dr_bob):
    page = sign_in(dr_bob.user).get(visits_page(visit)).content.decode()

    assert f'href="{url(proposal)}"' in page


@pytest.mark.parametrize(
    ("decide", "hers", "theirs"),
    [
        (
            lambda one, by: fees.waive(proposal=one, reason="exempt", by=by, now=MISSED),
            "The fee was waived: it costs you nothing.",
            "The fee was waived.",
        ),
        (
            lambda one, by: fees.charge(proposal=one, amount_cents=5000, by=by, now=MISSED),
            "A fee of $50.00 was charged. See the payment",
            "A fee of $50.00 was charged. Look at the fee",
        ),
    ],
)
def test_both_read_what_was_decided(sign_in, proposal, visit, alice, dr_bob, decide, hers, theirs):
    decide(proposal, dr_bob.user)

    assert hers in text(sign_in(alice.user).get(visits_page(visit)))
    assert theirs in text(sign_in(dr_bob.user).get(visits_page(visit)))


def test_the_first_time_is_said_to_cost_nothing(sign_in, visit, alice, clock):
    booking.cancel(appointment=visit, by=alice.user, now=NINE - HOUR)

    page = text(sign_in(alice.user).get(visits_page(visit)))

    assert (
        "That was less than 24 hours before. It is the first time, so it costs you nothing." in page
    )


def test_a_missed_visit_without_a_fee_is_said_to_cost_nothing(sign_in, dr_bob, alice):
    visit = make_visit(dr_bob, alice, cancellation_policy=None)
    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)

    assert "It costs you nothing." in text(sign_in(alice.user).get(visits_page(visit)))


def test_the_receipt_says_what_the_fee_is_for_without_a_clinical_word(
    sign_in, proposal, card, alice, dr_bob
):
    fees.charge(proposal=proposal, amount_cents=5000, by=dr_bob.user, now=MISSED)
    steps.do("payment.collect", now=MISSED)
    client = sign_in(alice.user)
    charge = Charge.objects.get()

    page, shown = text(client.get(f"/receipts/{charge.pk}/")), text(client.get("/receipts/"))

    assert "Fee for A time that was kept: missed Charged $50.00" in page
    assert "Time together" not in page
    assert [word for word in ("therapy", "session", "9083") if word in page] == []
    assert "(missed)" in shown


def test_a_fee_is_on_no_claim(sign_in, proposal, biller):
    fees.charge(proposal=proposal, amount_cents=5000, by=biller, now=MISSED)

    assert "Nothing is charged yet." in text(sign_in(biller).get("/claims/"))


def test_the_books_show_it_under_a_name_of_its_own(sign_in, proposal, biller):
    fees.charge(proposal=proposal, amount_cents=5000, by=biller, now=MISSED)

    page = text(sign_in(biller).get("/ledger/"))

    assert "Fees for missed visits" in page


# Taking back that nobody came


@pytest.mark.parametrize("role", ["provider", "front-desk"])
def test_it_is_taken_back_with_a_reason(sign_in, proposal, visit, dr_bob, front, role):
    client = sign_in(dr_bob.user if role == "provider" else front)
    page = client.get(visits_page(visit) if role == "provider" else "/home/").content.decode()

    response = client.post(visits_page(visit) + "noshow/end/", {"taken_back": "came"})

    assert "It was not missed" in page
    assert response["Location"] == (visits_page(visit) if role == "provider" else "/home/")
    assert anew(visit).status == "booked"


@pytest.mark.parametrize("reason", ["", "rain"])
def test_without_a_reason_it_is_asked_for(sign_in, proposal, visit, front, reason):
    response = sign_in(front).post(visits_page(visit) + "noshow/end/", {"taken_back": reason})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["taken_back"]
    assert anew(visit).status == "noshow"


def test_why_it_stays_is_said(sign_in, proposal, visit, front, dr_bob, mallory, clock):
    client, said = sign_in(front), {"taken_back": "came"}
    address = visits_page(visit) + "noshow/end/"
    answers = []
    other = make_visit(dr_bob, mallory, starts_at=NINE + 30 * MINUTE)
    answers.append(client.post(address, said))
    Appointment.objects.filter(pk=other.pk).delete()
    clock.move_to(MISSED + DAY)
    answers.append(sign_in(front).post(address, said))
    clock.move_to(MISSED)
    fees.charge(proposal=proposal, amount_cents=5000, by=front, now=MISSED)
    answers.append(sign_in(front).post(address, said))

    assert [answer.status_code for answer in answers] == [409] * 3
    for answer, words in zip(
        answers,
        ["somebody else since", "More than a day has passed", "A fee has been charged"],
        strict=True,
    ):
        assert words in text(answer)


def test_who_has_no_business_with_it_does_not_find_it(
    sign_in, proposal, visit, alice, carol, biller
):
    answers = [
        sign_in(who).post(visits_page(visit) + "noshow/end/", {"taken_back": "came"}).status_code
        for who in (alice.user, carol.user, biller)
    ]

    assert (answers, anew(visit).status) == ([404] * 3, "noshow")
