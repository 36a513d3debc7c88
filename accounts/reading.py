"""Who read whose record: written down before anything of it leaves. No row, no answer.

`core.reads` notes whose sealed values a request opens; here the notes become rows of the trail.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from contextvars import Context, copy_context
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from core import audit, reads, tenancy

END = object()
log = logging.getLogger(__name__)


@reads.recorded_by
def write(
    owners: Collection[UUID], *, action: str, by: User | None, at: datetime, purpose: str
) -> None:
    """Add a row for each patient whose key was used. One statement.

    Where one of them is of a practice that is no longer in force, as after a look-up that crossed
    practices on purpose, she is looked for in every one: no read goes unrecorded.
    """
    said: dict[str, Any] = {"owners": owners, "by": by, "at": at, "purpose": purpose}
    if not audit.record_opened(action, takes_some=tenancy.current().is_every, **said):
        with tenancy.every_practice():
            audit.record_opened(action, takes_some=True, **said)


class ReadingMiddleware:
    """Around everything that could open a record; only static files are served outside."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with reads.scope():
            response = self.get_response(request)
            try:
                record(request)
            except Error:
                log.exception("a read could not be recorded")
                return unrecorded()
            if isinstance(response, StreamingHttpResponse):
                watch(response, request)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Nor is a deed done that cannot be written down: its transaction was undone."""
        return unrecorded() if isinstance(exception, audit.NotWritten) else None


def record(request: HttpRequest) -> None:
    """Write down what was opened since it was last asked."""
    if not (owners := reads.take()):
        return  # nor is it asked who came
    user = getattr(request, "user", None)
    match = request.resolver_match
    action = reads.action(match.view_name if match else "page")
    by = user if isinstance(user, User) else None
    reads.record(owners, action=action, by=by, at=timezone.now())


def unrecorded() -> HttpResponse:
    """A page that holds nothing of anybody."""
    return HttpResponse(render_to_string("accounts/unrecorded.html"), status=503)


def watch(response: StreamingHttpResponse, request: HttpRequest) -> None:
    """Keep the scope open for what is opened while the answer streams."""
    if response.is_async:
        raise ImproperlyConfigured("An answer that streams must do so from a plain iterator.")
    chunks: Any = response.streaming_content
    response.streaming_content = recorded(iter(chunks), copy_context(), request)


def recorded(chunks: Iterator[bytes], scope: Context, request: HttpRequest) -> Iterator[bytes]:
    """Yield each chunk once what was opened for it is written down; else the answer breaks off."""
    while (chunk := scope.run(next, chunks, END)) is not END:
        scope.run(record, request)
        yield chunk  # type: ignore[misc]  # END is no chunk
