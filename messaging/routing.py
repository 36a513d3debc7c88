"""Sockets of messaging."""

from django.urls import path

from messaging.consumers import ThreadConsumer

websocket_urlpatterns = [
    path(
        "ws/thread/<uuid:thread_id>/",
        ThreadConsumer.as_asgi(),  # type: ignore[arg-type]  # Django's path knows views only
    ),
]
