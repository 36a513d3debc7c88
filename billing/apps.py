from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        import billing.receivers  # noqa: F401, PLC0415 -- Django connects receivers once the apps are loaded
