"""Every socket of the site, each behind its guard."""

from typing import Any

from django.urls import path, re_path

import messaging.routing
import sessions.routing
from accounts.sockets import NoSuchSocket, guarded
from telehealth.consumers import DayConsumer, DeskConsumer

sockets: list[Any] = [
    path("ws/day/", DayConsumer.as_asgi()),  # type: ignore[arg-type]  # path knows views only
    path("ws/desk/", DeskConsumer.as_asgi()),  # type: ignore[arg-type]  # as above
    *messaging.routing.websocket_urlpatterns,
    *sessions.routing.websocket_urlpatterns,
]
websocket_urlpatterns: list[Any] = [
    *(guarded(address) for address in sockets),
    re_path("", NoSuchSocket.as_asgi()),  # type: ignore[arg-type]  # as above; any other address
]
