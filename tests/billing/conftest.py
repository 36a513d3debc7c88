import pytest

from billing import charges
from tests.billing import steps
from tests.factories import NINE


@pytest.fixture(autouse=True)
def simulator(settings):
    """No key, and the simulator switched on, with a secret for its webhooks."""
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_SIMULATOR = True
    settings.STRIPE_WEBHOOK_SECRET = "whsec_of_the_tests"


@pytest.fixture
def card(alice):
    """The card of alice that works."""
    return steps.save_card(alice)


@pytest.fixture
def charge(visit):
    """The draft of the charge for alice's visit of 50 minutes, by video, at home."""
    steps.attend(visit)
    return charges.draft(appointment=visit, now=NINE)


@pytest.fixture
def confirm(charge):
    """Let dr_bob confirm the charge."""

    def by_provider():
        by = charge.appointment.provider.user
        payment = charges.confirm(charge=charge, by=by, now=NINE)
        charge.refresh_from_db()
        return payment

    return by_provider
