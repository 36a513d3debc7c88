"""Which relay the two browsers may use, and for how long.

coturn's shared-secret scheme (draft-uberti-behave-turn-rest-00): the user name carries the time
of expiry, the credential is its HMAC. Nothing is stored, and the name says nothing about a person.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

LASTS = timedelta(minutes=10)  # a stolen credential is soon worthless; each socket gets new ones


def servers(*, now: datetime) -> list[dict[str, Any]]:
    """Return RTCIceServer dictionaries. Without TURN_URLS the browsers meet directly or not."""
    if not settings.TURN_URLS:
        return []
    username = f"{int((now + LASTS).timestamp())}:{secrets.token_urlsafe(12)}"
    digest = hmac.digest(settings.TURN_SECRET.encode(), username.encode(), hashlib.sha1)
    credential = base64.b64encode(digest).decode()
    return [{"urls": settings.TURN_URLS, "username": username, "credential": credential}]
