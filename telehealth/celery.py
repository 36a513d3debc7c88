"""The Celery application. `beat` wakes; the outbox remembers."""

import os
from typing import Any

from celery import Celery, Task
from celery.schedules import crontab

from core.policy import required

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")


class Classified(Task):  # type: ignore[type-arg]  # not subscriptable at run time
    """A task that nobody has classified is not run, whoever sends it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.name.startswith("celery."):  # Celery's own
            required(self.run)
        return super().__call__(*args, **kwargs)


app = Celery("telehealth", task_cls=Classified)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # Finds duties whose wake-up was lost with a broker or a killed worker.
    "sweep-outbox": {"task": "core.tasks.sweep_outbox", "schedule": 15.0},
    # Ends rooms that nobody ended: closing a browser presses no button.
    "close-rooms": {"task": "sessions.tasks.close_abandoned_rooms", "schedule": 300.0},
    # Writes down outside of the database where the audit trail has got to: once in each hour.
    "anchor-audit": {"task": "telehealth.tasks.anchor_audit", "schedule": 60.0},
    # Removes sealed files that no message names, and asks again for those that still wait.
    "sweep-attachments": {
        "task": "messaging.tasks.sweep_attachments",
        "schedule": crontab(minute=30),
    },
    # Removes what has run out: sessions, and counted tries.
    "sweep-expired": {"task": "core.tasks.sweep_expired", "schedule": crontab(minute=15)},
    # Renews what a directory reads, where a hold has run out or a day has begun.
    "sweep-index": {"task": "appointments.tasks.sweep_index", "schedule": 60.0},
    # Fetches the calendars in which providers are busy elsewhere, each every quarter of an hour.
    "sweep-calendars": {"task": "appointments.tasks.sweep_calendars", "schedule": 60.0},
    # Offers what is free to those who wait for it, one at a time.
    "sweep-waitlist": {"task": "appointments.tasks.sweep_waitlist", "schedule": 60.0},
    # /readyz is red when this stops.
    "beat": {"task": "core.tasks.beat", "schedule": 15.0},
}
