"""Tell the open pages of a provider and of her front desk that a day is not as they show it."""

from accounts.models import Provider
from appointments.models import Appointment
from core import events


def publish_change(appointment: Appointment) -> None:
    """Ids only; the page looks up what its own reader may see. Heard when this is committed."""
    topics = (f"day.{appointment.provider_id}", f"desk.{appointment.provider.practice_id}")
    for topic in topics:
        events.publish(topic, type="day.changed", appointment=str(appointment.id))


def publish_hours(provider: Provider) -> None:
    """The same for her hours."""
    for topic in (f"day.{provider.pk}", f"desk.{provider.practice_id}"):
        events.publish(topic, type="day.changed")
