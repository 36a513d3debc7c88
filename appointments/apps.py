from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "appointments"

    def ready(self) -> None:
        import appointments.holders  # noqa: PLC0415 -- signing up asks whose time is held
        import appointments.notices  # noqa: PLC0415 -- a worker must know the duties, too
        import appointments.putting  # noqa: PLC0415 -- as above
        import appointments.receivers  # noqa: PLC0415 -- and whoever saves how she is reached
        import appointments.reminders  # noqa: PLC0415 -- as above
        import appointments.series_notices  # noqa: PLC0415 -- as above
        import appointments.ties  # noqa: PLC0415 -- and closing an account counts her visits
        import appointments.waitlist_notices  # noqa: F401, PLC0415 -- the duties again
