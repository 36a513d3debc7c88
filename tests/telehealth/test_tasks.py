from core.models import Duty
from telehealth.celery import app
from telehealth.tasks import anchor_audit


def test_the_wake_up_makes_the_anchor_a_duty(db):
    anchor_audit()

    assert Duty.objects.get().kind == "audit.anchor"


def test_the_beat_asks_for_tasks_that_exist():
    app.loader.import_default_modules()

    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert asked - set(app.tasks) == set()
