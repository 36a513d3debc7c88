from core import audit
from core.models import Duty
from telehealth.celery import app
from telehealth.tasks import anchor_audit
from tests.factories import NOW


def test_the_wake_up_makes_the_first_anchor_a_duty_once_there_is_a_trail(db, mallory):
    anchor_audit()
    assert not Duty.objects.exists()

    audit.record("role.granted", subject=mallory, by=mallory.user, at=NOW)
    for _minute in range(3):
        anchor_audit()

    assert [duty.kind for duty in Duty.objects.all()] == ["audit.anchor"]


def test_the_beat_looks_every_minute_whether_the_hour_has_its_anchor():
    assert app.conf.beat_schedule["anchor-audit"]["schedule"] == 60


def test_the_beat_asks_for_tasks_that_exist():
    app.loader.import_default_modules()

    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert asked - set(app.tasks) == set()
