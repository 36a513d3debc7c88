"""The parts of a day in which somebody could come, by her own clock: half-open."""

from datetime import time

from django.utils.translation import gettext_lazy as _

PARTS: dict[str, tuple[time, time, object]] = {
    "morning": (time(5), time(12), _("in the morning")),
    "afternoon": (time(12), time(17), _("in the afternoon")),
    "evening": (time(17), time(23), _("in the evening")),
}
