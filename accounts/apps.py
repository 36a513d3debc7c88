from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        import accounts.mail  # noqa: PLC0415 -- every process that does duties needs its handler
        import accounts.receivers  # noqa: F401, PLC0415 -- and hears of signing in
