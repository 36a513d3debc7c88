from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "appointments"

    def ready(self) -> None:
        import appointments.notices  # noqa: F401, PLC0415 -- a worker must know the duties, too
