"""The web entry: pages over HTTP, live parts over WebSockets, events from the database."""

import asyncio
import os

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup(set_prefix=False)  # loads the apps, which the imports below need

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope  # noqa: E402 -- after the apps

from core import events, request_ids, tenancy  # noqa: E402 -- after the apps
from telehealth.routing import websocket_urlpatterns  # noqa: E402 -- after the apps
from telehealth.unreadable import Pages  # noqa: E402 -- after the apps


async def lifespan(_scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Listen for the database's events as long as the process serves."""
    await receive()
    listener = asyncio.create_task(events.listen())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    listener.cancel()
    await send({"type": "lifespan.shutdown.complete"})


application = ProtocolTypeRouter(
    {
        "http": Pages(),
        "websocket": request_ids.for_sockets(
            tenancy.for_sockets(
                AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
            )
        ),
        "lifespan": lifespan,
    }
)
