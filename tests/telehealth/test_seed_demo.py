"""The command, each time on an empty database."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from accounts.models import Patient, Practice, Provider, User
from appointments.models import Appointment
from messaging.models import Message
from telehealth.demo import seed
from telehealth.demo.progress import Progress
from tests.factories import NOW, make_practice

pytestmark = pytest.mark.journey

DEVELOPMENT = override_settings(
    DEBUG=True,
    STRIPE_SECRET_KEY="",
    STRIPE_SIMULATOR=True,
    STRIPE_WEBHOOK_SECRET="whsec_of_the_tests",
)


def build(**options):
    seed.build(now=NOW, progress=Progress(io.StringIO()), **options)


def people():
    """What a seed decides, without the ids that the database gives."""
    emails = {user.pk: user.email for user in User.objects.all()}
    of = {patient.pk: emails[patient.user_id] for patient in Patient.objects.all()}
    visits = Appointment.objects.values_list("starts_at", "status", "patient")
    return (
        sorted((user.email, user.date_joined) for user in User.objects.all()),
        sorted((of[p.pk], p.legal_name, p.date_of_birth) for p in Patient.objects.all()),
        sorted((start, status, of.get(patient, "")) for start, status, patient in visits),
        [(m.id, m.body, m.sent_at) for m in Message.objects.order_by("sent_at")],
    )


@pytest.fixture
def development(db):
    with DEVELOPMENT:
        yield


def test_one_seed_and_one_now_give_the_same_people(development):
    seen = []
    for _ in range(2):
        with transaction.atomic():
            build(patients_count=4)
            seen.append(people())
            transaction.set_rollback(True)

    assert seen[0] == seen[1]


def test_scale_multiplies_providers_and_patients(development):
    build(patients_count=3, scale=2)

    emails = [user.email for user in User.objects.all()]
    assert (Provider.objects.count(), Patient.objects.count()) == (48, 6)
    assert len({email.lower() for email in emails}) == len(emails) == 48 + 6 + 10
    assert Provider.objects.filter(is_accepting=False).count() == 4


def test_the_command_does_nothing_where_a_practice_is(development):
    practice = make_practice()

    call_command("seed_demo", "--if-empty")

    assert list(Practice.objects.all()) == [practice]
    assert User.objects.count() == 0


def test_the_command_refuses_a_second_practice(development):
    make_practice()

    with pytest.raises(CommandError, match="There is a practice already; nothing was changed"):
        call_command("seed_demo")


def test_the_command_refuses_in_production(db):
    with pytest.raises(CommandError, match="in development only"):
        call_command("seed_demo")


@pytest.mark.parametrize("scale", ["0", "-1", "many"])
def test_the_command_refuses_a_scale_that_makes_nobody(development, scale):
    with pytest.raises(CommandError, match="--scale"):
        call_command("seed_demo", "--scale", scale)


class Impatient(Progress):
    """Somebody who presses Ctrl-C after the second patient."""

    def show(self, stage, done, total):
        if done == 2:
            raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_seed_leaves_nothing():
    with DEVELOPMENT, pytest.raises(KeyboardInterrupt):
        seed.build(now=NOW, progress=Impatient(io.StringIO()), patients_count=4)

    assert (Practice.objects.count(), User.objects.count()) == (0, 0)
    assert connection.features.uses_savepoints
