from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        import accounts.mail  # noqa: F401, PLC0415 -- every process that does duties needs its handler
