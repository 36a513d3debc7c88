"""Every edge through which data leaves opens a scope in which reads are noted."""

import ast
import inspect

from django.conf import settings

from accounts.sockets import RecordedConsumer
from core import duties
from telehealth.routing import websocket_urlpatterns
from tests.house.repository import ours, tree

READING = "accounts.reading.ReadingMiddleware"
# What answers outside: it looks at no row of a patient.
OUTSIDE = [
    "core.request_ids.RequestIdMiddleware",
    "csp.middleware.CSPMiddleware",
    "telehealth.headers.PrivacyHeadersMiddleware",
    "telehealth.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "telehealth.static.StaticFilesMiddleware",
    "core.tenancy.ScopeMiddleware",
    "telehealth.unreadable.UnreadableMiddleware",
]


def test_the_middleware_is_around_all_that_opens_records():
    assert settings.MIDDLEWARE[: settings.MIDDLEWARE.index(READING)] == OUTSIDE


def consumers():
    """Whatever a socket can be routed to."""
    return {route.callback.consumer_class for route in websocket_urlpatterns}


def test_every_socket_records_what_it_shows():
    named = {c.__name__ for c in consumers()}

    assert {"ThreadConsumer", "RoomConsumer", "DayConsumer"} <= named
    assert [c for c in consumers() if not issubclass(c, RecordedConsumer)] == []


def test_no_socket_sends_around_the_record():
    """Frames leave by `self.send`; another's `send` or `super().send` would not be looked at."""
    around = [
        f"{name}:{node.lineno}"
        for name in ours("consumers.py")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Attribute) and node.attr in ("base_send", "send_json")
    ]

    assert around == []
    assert [c for c in consumers() if "send" in vars(c)] == []


def test_duties_are_done_in_a_scope():
    assert "reads.recorded(" in inspect.getsource(duties.attempt)


def test_no_answer_streams_from_an_async_iterator():
    """The scope follows a plain iterator only."""
    makers = [
        f"{name}:{node.lineno}"
        for name in ours(".py")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.AsyncFunctionDef) and name.endswith(("views.py", "_views.py"))
    ]

    assert makers == []
