"""The Celery application. `beat` wakes; the outbox remembers."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")

app = Celery("telehealth")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # Finds duties whose wake-up was lost with a broker or a killed worker.
    "sweep-outbox": {"task": "core.tasks.sweep_outbox", "schedule": 15.0},
    # Ends rooms that nobody ended: closing a browser presses no button.
    "close-rooms": {"task": "sessions.tasks.close_abandoned_rooms", "schedule": 300.0},
    # Writes down outside of the database where the audit trail has got to.
    "anchor-audit": {"task": "telehealth.tasks.anchor_audit", "schedule": crontab(minute=0)},
    # /readyz is red when this stops.
    "beat": {"task": "core.tasks.beat", "schedule": 15.0},
}
