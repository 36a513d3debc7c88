"""Text messages (SMS): to the development mailbox, through a gateway, or not at all.

SMS_URL says which: `mailbox:`, or `twilio://ACCOUNT:TOKEN@api.twilio.com/?from=+13125550100`, an
address of Twilio's Messages API or of a server that speaks it. Empty: off, which production is
until somebody has set it, and agreed with the gateway on how it treats what it learns (45 CFR
164.504(e)).
"""

import base64
import http.client
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core import mailbox

TIMEOUT = 10  # seconds
TLS_PORT = 443


class NotSent(Exception):
    """The gateway did not take it; its own words stay out of our log."""


class Gateway(Protocol):
    def send(self, *, to: str, text: str) -> None:
        """
        :param to: E.164, "+13125550123"
        :raises NotSent:
        :raises OSError: if the gateway cannot be reached
        """


class Mailbox:
    """Development's: a text stands among the letters."""

    def send(self, *, to: str, text: str) -> None:
        letter = EmailMessage()
        letter["To"], letter["Subject"] = to, "Text message"
        letter["Date"] = formatdate()
        letter.set_content(text)
        mailbox.keep(letter.as_bytes())


@dataclass(frozen=True)
class Twilio:
    account: str
    token: str
    sender: str
    host: str
    port: int = TLS_PORT
    is_tls: bool = True

    def send(self, *, to: str, text: str) -> None:
        body = urlencode({"To": to, "From": self.sender, "Body": text})
        kind = http.client.HTTPSConnection if self.is_tls else http.client.HTTPConnection
        asking = kind(self.host, self.port, timeout=TIMEOUT)
        try:
            asking.request("POST", self._path, body, self._headers)
            status = asking.getresponse().status
        finally:
            asking.close()
        if status != HTTPStatus.CREATED:
            raise NotSent(status)

    @property
    def _path(self) -> str:
        return f"/2010-04-01/Accounts/{quote(self.account, safe='')}/Messages.json"

    @property
    def _headers(self) -> dict[str, str]:
        key = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        kind = "application/x-www-form-urlencoded"
        return {"Authorization": f"Basic {key}", "Content-Type": kind}


def gateway(url: str | None = None) -> Gateway | None:
    """
    Return what carries text messages here; None where they are off.

    :raises ImproperlyConfigured: for an address that says too little
    """
    address = settings.SMS_URL if url is None else url
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme == "mailbox":
        return Mailbox()
    sender = parse_qs(parts.query).get("from", [""])[0].strip()
    named = parts.username, parts.password, parts.hostname, sender
    if parts.scheme != "twilio" or not all(named):
        raise ImproperlyConfigured("SMS_URL: twilio://ACCOUNT:TOKEN@HOST/?from=+13125550100")
    account, token, host = (unquote(str(name)) for name in named[:3])
    number = sender if sender.startswith("+") else f"+{sender}"  # "+" in a query is a space
    return Twilio(account, token, number, host, parts.port or TLS_PORT)


def is_on() -> bool:
    return bool(settings.SMS_URL)
