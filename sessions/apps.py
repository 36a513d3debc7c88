from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions"
    label = "video"  # django.contrib.sessions already owns the label "sessions"

    def ready(self) -> None:
        import sessions.receivers  # noqa: F401, PLC0415 -- Django connects receivers once the apps are loaded
