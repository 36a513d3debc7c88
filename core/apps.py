from django.apps import AppConfig
from django.db.models.signals import post_migrate

from core import grants, walls


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        import core.anchors  # noqa: F401, PLC0415 -- a worker must know the duty, too

        post_migrate.connect(grants.give_rights, sender=self)
        post_migrate.connect(walls.raise_all, sender=self)
