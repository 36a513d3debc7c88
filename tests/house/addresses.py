"""The addresses of the site."""

import uuid
from collections.abc import Iterator
from datetime import date

from django.urls import URLPattern, URLResolver, get_resolver, reverse

SAMPLES = {
    "uuid": uuid.UUID(int=1), "int": 1, "slug": "nobody", "str": "nobody", "path": "nobody",
    "day": date(2026, 12, 3),
}  # fmt: skip


def addresses(
    resolver: URLResolver | None = None, space: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every address that has a name, as "app:name"."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern, inner)
        elif pattern.name:
            yield space + pattern.name, pattern


def sample(name: str, pattern: URLPattern) -> str:
    """That address with something in each of its gaps."""
    kinds = {
        gap: type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        for gap, converter in pattern.pattern.converters.items()
    }
    return reverse(name, kwargs={gap: SAMPLES[kind] for gap, kind in kinds.items()})
