"""The inbox: who is believed, and that news counts once in whatever order it comes."""

import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import charges, gateways
from billing.gateways.simulator import events
from billing.models import CardOnFile, Entry, Line, Payment, SimulatedObject, WebhookEvent
from core.models import Duty
from tests.billing import steps
from tests.billing.steps import deliver
from tests.examples import examples
from tests.factories import HOUR, NINE, NOW, make_patient, make_visit

SECRET = "whsec_of_the_tests"


@pytest.fixture
def payment(card, confirm):
    """A payment that the card network has collected, and nobody here knows of it yet."""
    payment = confirm()
    collect_there(payment)
    return payment


def collect_there(payment):
    return gateways.connect(now=NOW).collect(
        payment_ref=str(payment.pk),
        customer_ref=payment.card.customer_ref,
        payment_method_ref=payment.card.payment_method_ref,
        amount_cents=payment.amount_cents,
    )


@pytest.fixture
def news(payment):
    """Body and headers of the event that says that the payment succeeded."""
    return steps.webhooks("payment_intent.succeeded")[0]


def sign(body, *, secret=SECRET, stamp=None):
    stamp = int(time.time()) if stamp is None else stamp
    digest = hmac.new(secret.encode(), b"%d.%b" % (stamp, body), hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def test_news_is_taken_in_and_acted_upon(client, payment, news):
    assert deliver(client, *news) == 200
    assert steps.do("webhook.apply") == []

    payment.refresh_from_db()
    assert (payment.status, payment.fee_cents) == ("succeeded", 465)
    assert Entry.objects.filter(kind="payment").count() == 1


def test_the_answer_does_not_wait_for_the_deed(client, payment, news):
    deliver(client, *news)

    payment.refresh_from_db()
    assert payment.status == "pending"
    assert Duty.objects.filter(kind="webhook.apply", done_at=None).count() == 1


def test_news_delivered_twice_is_one_event_and_one_duty(client, news):
    assert [deliver(client, *news), deliver(client, *news)] == [200, 200]

    assert WebhookEvent.objects.count() == 1
    assert Duty.objects.filter(kind="webhook.apply").count() == 1


def test_two_events_about_one_payment_have_one_effect(client, payment, news):
    events.emit("payment_intent.succeeded", collect_there(payment).ref, now=NOW)

    for body, headers in steps.webhooks("payment_intent.succeeded"):
        deliver(client, body, headers)
    steps.do("webhook.apply")

    assert WebhookEvent.objects.count() == 2
    assert Entry.objects.filter(kind="payment").count() == 1


def test_the_webhook_after_the_worker_changes_nothing(client, payment, news):
    steps.do("payment.collect")
    before = list(Line.objects.values_list("pk", flat=True))

    deliver(client, *news)
    steps.do("webhook.apply")

    assert list(Line.objects.values_list("pk", flat=True)) == before


def test_news_of_a_decline_is_taken_in(client, alice, confirm):
    steps.save_card(alice, steps.DECLINED_LATER)
    payment = confirm()
    collect_there(payment)

    deliver(client, *steps.webhooks("payment_intent.payment_failed")[0])
    steps.do("webhook.apply")

    payment.refresh_from_db()
    assert (payment.status, payment.decline_code) == ("failed", "generic_decline")


def test_a_card_is_saved_although_the_browser_never_came_back(client, alice):
    url = steps.cards.begin_setup(patient=alice, return_url=steps.RETURN_URL, now=NOW)
    steps.type_card(url)

    deliver(client, *steps.webhooks("checkout.session.completed")[0])
    steps.do("webhook.apply")

    assert CardOnFile.objects.get().patient == alice


def test_a_payout_is_taken_in(client, payment):
    steps.do("payment.collect")
    steps.do("simulator.payout", now=NOW + timedelta(days=2))

    deliver(client, *steps.webhooks("payout.paid")[0])
    steps.do("webhook.apply")

    assert Entry.objects.filter(kind="payout").count() == 1


def test_an_event_of_no_interest_is_taken_in_and_nothing_follows(client, payment):
    events.emit("customer.updated", payment.card.customer_ref, now=NOW)

    assert deliver(client, *steps.webhooks("customer.updated")[0]) == 200
    assert steps.do("webhook.apply") == []

    assert Entry.objects.filter(kind="payment").count() == 0


# Who is not believed.


def post(client, body, signature):
    headers = {"Stripe-Signature": signature} if signature is not None else {}
    address = reverse("billing:stripe_webhook")
    return client.post(address, body, content_type="application/json", headers=headers).status_code


def refused(client, body, signature):
    """Whether the answer is 400 and nothing was written."""
    status = post(client, body, signature)
    return (status, WebhookEvent.objects.count(), Duty.objects.filter(kind="webhook.apply").count())


NOTHING = (400, 0, 0)


@pytest.mark.parametrize(
    "signature", [None, "", "v1=abc", "t=1", "t=x,v1=abc", "nonsense", "t=1,v1=", "t=,v1=,"]
)
def test_an_absent_or_broken_signature_is_refused(client, news, signature):
    assert refused(client, news[0], signature) == NOTHING


def test_a_signature_with_another_secret_is_refused(client, news):
    assert refused(client, news[0], sign(news[0], secret="whsec_guess")) == NOTHING


def test_a_signature_with_the_empty_secret_is_refused(client, news):
    assert refused(client, news[0], sign(news[0], secret="")) == NOTHING


def test_a_changed_body_is_refused(client, news):
    body, headers = news

    assert refused(client, body + b" ", headers["Stripe-Signature"]) == NOTHING


def test_an_old_signature_is_refused(client, news):
    assert refused(client, news[0], sign(news[0], stamp=int(time.time()) - 301)) == NOTHING


def test_a_signature_from_the_future_is_refused(client, news):
    assert refused(client, news[0], sign(news[0], stamp=int(time.time()) + 310)) == NOTHING


def test_a_clock_that_is_a_little_ahead_is_believed(client, news):
    assert post(client, news[0], sign(news[0], stamp=int(time.time()) + 240)) == 200


def test_two_signature_headers_are_refused(client, news):
    """WSGI and ASGI join two headers of one name by a comma."""
    doubled = f"{sign(news[0])},{sign(news[0])}"

    assert refused(client, news[0], doubled) == NOTHING


def test_while_the_secret_is_changed_two_signatures_in_one_header_are_believed(client, news):
    stamp, ours = sign(news[0]).split(",")

    assert post(client, news[0], f"{stamp},v1={'0' * 64},{ours}") == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b"{}",
        b'{"object": "event"}',
        b'{"object": "event", "id": "evt_a", "type": "x", "data": {}}',
        b'{"object": "v2.core.event", "id": "evt_a"}',
        b"\xff\xfe",
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(client, db, body):
    assert refused(client, body, sign(body)) == NOTHING


def test_a_live_event_is_refused_where_the_key_is_a_test_key(client, news):
    body = json.dumps(json.loads(news[0]) | {"livemode": True}).encode()

    assert refused(client, body, sign(body)) == NOTHING


def test_a_test_event_is_refused_where_the_key_is_live(client, news, settings):
    settings.STRIPE_SECRET_KEY = "sk_live_x"

    assert refused(client, news[0], sign(news[0])) == NOTHING


@pytest.mark.parametrize("secret", ["", None])
def test_without_a_secret_nobody_is_believed(client, news, settings, secret):
    settings.STRIPE_WEBHOOK_SECRET = secret

    assert post(client, news[0], sign(news[0], secret="")) == 503
    assert WebhookEvent.objects.count() == 0


def test_the_address_answers_to_posts_only(client, db):
    assert client.get(reverse("billing:stripe_webhook")).status_code == 405


# Over real HTTP, as the worker does it.


def test_the_simulator_delivers_to_our_own_address(live_server, settings, card, confirm):
    settings.SITE_URL = live_server.url
    payment = confirm()
    with transaction.atomic():
        collect_there(payment)

    with transaction.atomic():
        events.deliver({"event": event_ref("payment_intent.succeeded")}, NOW)
    steps.do("webhook.apply")

    payment.refresh_from_db()
    assert payment.status == "succeeded"


def test_a_webhook_that_is_not_taken_is_tried_again(live_server, settings, card):
    settings.SITE_URL = live_server.url
    settings.STRIPE_WEBHOOK_SECRET = ""

    with pytest.raises(events.NotTaken), transaction.atomic():
        events.deliver({"event": event_ref("checkout.session.completed")}, NOW)


def event_ref(kind):
    return SimulatedObject.objects.get(object="event", body__type=kind).id


# Any order, any number of times.


@pytest.fixture
def three_payments(practice, dr_bob):
    """Two that the card network has collected and one that it declined, with a payout."""
    for number, card in enumerate([steps.GOOD, steps.DECLINED_LATER, steps.GOOD]):
        patient = make_patient(practice, f"Patient{number} Doe")
        steps.save_card(patient, card)
        visit = make_visit(dr_bob, patient, starts_at=NINE + number * HOUR)
        steps.attend(visit)
        charge = charges.draft(appointment=visit, now=NINE)
        collect_there(charges.confirm(charge=charge, by=dr_bob.user, now=NINE))
    steps.do("simulator.payout", now=NOW + timedelta(days=2))
    declined = Payment.objects.get(card__last4="0341")
    events.emit("payment_intent.payment_failed", collect_there(declined).ref, now=NOW)


EVENTS_COUNT = 3 + 1 + 3 + 1  # intents, the second one of the decline, setups, the payout


@st.composite
def deliveries(draw):
    """Numbers of events in any order, each at least once; a "." is a sweep of the worker."""
    order = draw(st.permutations(range(EVENTS_COUNT)))
    repeats = draw(st.lists(st.integers(0, EVENTS_COUNT - 1), max_size=8))
    steps_taken = [*order, *repeats]
    for place in draw(st.lists(st.integers(0, len(steps_taken)), max_size=4)):
        steps_taken.insert(place, ".")
    return steps_taken


@given(plan=deliveries(), collects_first=st.booleans())
@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_order_and_any_repetition_leaves_the_same_books(
    client, three_payments, plan, collects_first
):
    with transaction.atomic():
        deliver_all(plan, client, collects_first=collects_first)
        books, statuses = the_books(), sorted(Payment.objects.values_list("status", flat=True))
        transaction.set_rollback(True)

    assert statuses == ["failed", "succeeded", "succeeded"]
    assert books == {
        "patient-receivable": 15000,
        "revenue": -45000,
        "card-fees": 2 * 465,
        "stripe-balance": 0,
        "bank": 2 * 14535,
    }


def deliver_all(plan, client, *, collects_first):
    mail = steps.webhooks()
    for step in plan:
        if step == ".":
            assert steps.do("webhook.apply") == []
        else:
            assert deliver(client, *mail[step]) == 200
        if collects_first:
            assert steps.do("payment.collect") == []
    assert steps.do("webhook.apply") == []


def the_books():
    sums = Line.objects.values_list("account").annotate(cents=Sum("amount_cents"))
    return dict(sums.order_by())


ODD = {
    "no id": {"id": None},
    "an empty id": {"id": ""},
    "an id that is a number": {"id": 7},
    "a long id": {"id": "evt_" + "x" * 61},
    "an id with NUL": {"id": "evt_\0"},
    "an id with half a character": {"id": "evt_\ud800"},
    "no type": {"type": None},
    "a long type": {"type": "x" * 61},
    "a type with NUL": {"type": "payout.paid\0"},
    "no mode": {"livemode": None},
    "a mode in words": {"livemode": "no"},
    "a long reference": {"data": {"object": {"id": "pi_" + "x" * 62}}},
    "a reference with NUL": {"data": {"object": {"id": "pi_\0"}}},
}


@pytest.mark.parametrize("fields", ODD.values(), ids=ODD)
@pytest.mark.parametrize("is_left_out", [False, True])
def test_signed_but_odd_news_is_refused_and_leaves_no_row(client, db, fields, is_left_out):
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "payout.paid",
        "livemode": False,
        "data": {"object": {"id": "po_1"}},
    } | fields
    if is_left_out:
        event = {name: value for name, value in event.items() if name not in fields}
    body = json.dumps(event).encode()

    assert deliver(client, body, {"Stripe-Signature": sign(body)}) == 400
    assert WebhookEvent.objects.count() == 0
