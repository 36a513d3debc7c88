from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        import accounts.emergency_notices  # noqa: PLC0415 -- every process that does duties
        import accounts.invitation_notices  # noqa: PLC0415 -- needs
        import accounts.mail  # noqa: PLC0415 -- their handlers
        import accounts.reading  # noqa: PLC0415 -- and whoever writes down what it reads
        import accounts.receivers  # noqa: PLC0415 -- and hears of signing in
        import accounts.staffing_notices  # noqa: F401, PLC0415 -- one more handler
        from accounts import email_addresses  # noqa: PLC0415 -- now that all models are there

        email_addresses.seal()
