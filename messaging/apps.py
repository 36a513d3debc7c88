from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        import messaging.receivers  # noqa: F401, PLC0415 -- registers them once the apps are loaded
