"""Tell a provider's open pages that her day is not as they show it."""

from accounts.models import Provider
from appointments.models import Appointment
from core import events


def publish_change(appointment: Appointment) -> None:
    """Ids only; the page looks up what its own reader may see. Heard when this is committed."""
    topic = f"day.{appointment.provider_id}"
    events.publish(topic, type="day.changed", appointment=str(appointment.id))


def publish_hours(provider: Provider) -> None:
    """The same for her hours."""
    events.publish(f"day.{provider.pk}", type="day.changed")
