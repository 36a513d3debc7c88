"""/healthz: the process lives. /readyz: it can serve. Both answer before hosts are checked."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerAway

from core.models import Heartbeat

BEAT_MAY_BE_OLD = timedelta(seconds=60)


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            return readyz()
        return self.get_response(request)


def readyz() -> JsonResponse:
    """Answer 200 when every part is there, else 503, with the state of each."""
    parts = {"database": database_answers()}
    if parts["database"]:
        parts |= {"migrations": is_migrated(), "beat": is_beating()}
    parts["broker"] = broker_answers()
    ready = all(parts.values())
    words = {name: "ok" if fine else "down" for name, fine in parts.items()}
    return JsonResponse(words, status=200 if ready else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return False
    return True


def is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def is_beating() -> bool:
    since = timezone.now() - BEAT_MAY_BE_OLD  # noqa: TID251 -- an edge: it answers a request
    return Heartbeat.objects.filter(name="beat", beaten_at__gte=since).exists()


def broker_answers() -> bool:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, timeout=1)
    except (BrokerAway, OSError):
        return False
    return True
