"""Sockets of this app."""

from django.urls import path

from sessions.consumers import RoomConsumer

websocket_urlpatterns = [
    path(
        "ws/session/<uuid:session_id>/",
        RoomConsumer.as_asgi(),  # type: ignore[arg-type]  # Django's path knows views only
    ),
]
