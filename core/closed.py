"""Secrets of staff that the site itself must be able to use: closed at rest, with keys drawn from
the site's own secrets. What patients tell has keys of theirs (core/fields.py)."""

from typing import Any

from django.core.exceptions import FieldError
from django.db import models

from core.site_key import box


class ClosedText(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Text that the database holds closed, for this column alone. A blank stays one."""

    @property
    def salt(self) -> str:
        return f"{self.model._meta.db_table}|{self.column}"  # noqa: SLF001 -- documented

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return box(self.salt).decrypt(value.encode()).decode() if value else value

    def get_prep_value(self, value: Any) -> Any:
        return box(self.salt).encrypt(str(value).encode()).decode() if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self} is closed: nothing can be looked up by it.")
