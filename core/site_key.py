"""What belongs to no person's key, closed at rest: sessions, letters that wait, second factors.

Keys are drawn from the site's secrets, one for each purpose: the first secret closes, each opens.
"""

import base64

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def box(purpose: str) -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(key(purpose, secret)) for secret in secrets])


def key(purpose: str, secret: str | bytes) -> bytes:
    drawn = salted_hmac(purpose, "key", secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(drawn)
