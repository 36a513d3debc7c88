"""Every socket of the site."""

from typing import Any

from django.urls import path, re_path

import messaging.routing
import sessions.routing
from telehealth.consumers import DayConsumer, NoSuchSocket

websocket_urlpatterns: list[Any] = [
    path("ws/day/", DayConsumer.as_asgi()),  # type: ignore[arg-type]  # path knows views only
    *messaging.routing.websocket_urlpatterns,
    *sessions.routing.websocket_urlpatterns,
    re_path("", NoSuchSocket.as_asgi()),  # type: ignore[arg-type]  # as above; any other address
]
