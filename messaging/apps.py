from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        import messaging.notices  # noqa: F401, PLC0415 -- registers its duty once the apps are loaded
