"""Text messages: to the mailbox in development, through a gateway where one is named, else none."""

import base64
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from django.core.exceptions import ImproperlyConfigured

from core import mailbox, text_messages
from core.text_messages import NotSent, Twilio

URL = "twilio://AC1:s%3Acret@gateway.example/?from=%2B13125550100"
NUMBER = "+13125550123"


class Asked(BaseHTTPRequestHandler):
    """Keeps what was asked, and answers as the server was told to."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((self.path, self.headers["Authorization"], parse_qs(body)))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b'{"message": "The number +13125550123 is not valid"}')

    def log_message(self, *_words):
        pass


@pytest.fixture
def server():
    """A gateway on this machine that speaks Twilio's Messages API."""
    with HTTPServer(("127.0.0.1", 0), Asked) as listening:
        listening.asked, listening.status = [], 201
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def gateway(server):
    here = {"host": "127.0.0.1", "port": server.server_port, "is_tls": False}
    return replace(text_messages.gateway("twilio://AC1:secret@x/?from=+13125550100"), **here)


def test_without_an_address_there_are_none(settings):
    settings.SMS_URL = ""

    assert (text_messages.gateway(), text_messages.is_on()) == (None, False)


def test_in_development_a_text_stands_among_the_letters(settings, tmp_path):
    settings.MAILBOX_DIR, settings.SMS_URL = tmp_path, "mailbox:"

    text_messages.gateway().send(to=NUMBER, text="You have an appointment.")

    [letter] = mailbox.letters()
    assert (letter["To"], letter["Subject"]) == (NUMBER, "Text message")
    assert letter.get_content() == "You have an appointment.\n"


def test_an_address_says_who_asks_whom_and_from_which_number():
    assert text_messages.gateway(URL) == Twilio("AC1", "s:cret", "+13125550100", "gateway.example")


@pytest.mark.parametrize(
    "url",
    [
        "http://AC1:secret@gateway.example/?from=+13125550100",
        "twilio://AC1@gateway.example/?from=+13125550100",
        "twilio://AC1:secret@gateway.example/",
        "twilio:",
        "yes",
    ],
)
def test_an_address_that_says_too_little_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="SMS_URL"):
        text_messages.gateway(url)


def test_the_gateway_is_asked_once_with_number_text_and_key(server):
    gateway(server).send(to=NUMBER, text="At 9:00 & later")

    key = base64.b64encode(b"AC1:secret").decode()
    said = {"To": [NUMBER], "From": ["+13125550100"], "Body": ["At 9:00 & later"]}
    assert server.asked == [("/2010-04-01/Accounts/AC1/Messages.json", f"Basic {key}", said)]


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_text_that_is_not_taken_fails_without_the_gateways_words(server, status):
    server.status = status

    with pytest.raises(NotSent) as refusal:
        gateway(server).send(to=NUMBER, text="x")

    assert str(refusal.value) == str(status)


def test_a_gateway_that_is_away_fails(server):
    away = gateway(server)
    server.server_close()

    with pytest.raises(ConnectionRefusedError):
        replace(away, port=1).send(to=NUMBER, text="x")
