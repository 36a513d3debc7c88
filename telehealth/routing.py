"""Every socket of the site."""

from typing import Any

import messaging.routing
import sessions.routing

websocket_urlpatterns: list[Any] = [
    *messaging.routing.websocket_urlpatterns,
    *sessions.routing.websocket_urlpatterns,
]
