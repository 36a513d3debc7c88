"""Goal row 44: one module asks an address that somebody gave, and is guarded.

`core/outgoing.py` looks at the address it connects to, after DNS and each redirect
(tests/core/test_outgoing.py). Everything else speaks to the database, the broker, the mail server,
the key service, the gateway for text messages, and to Stripe through its SDK: all named by the
operator. (The probe is given addresses in an offer, and takes them out unread:
tests/sessions/test_probe.py.) Another module that fetches fails here.
"""

import ast

import pytest

from tests.house.repository import ours, tree

FETCHES = {
    "aiohttp", "ftplib", "http.client", "httpx", "pycurl", "requests", "socket", "telnetlib",
    "urllib.request", "urllib3", "websockets", "xmlrpc.client",
}  # fmt: skip
CONNECTS = {
    "create_connection",
    "open_connection",
    "urlopen",
    "urlretrieve",
    "create_datagram_endpoint",
}
KNOWN = {
    "core/management/commands/serve.py": {"http.client", "socket"},  # asks itself on loopback
    "core/transit.py": {"http.client"},  # the operator's own key service; follows no redirect
    "core/outgoing.py": {"http.client", "socket"},  # the guard itself
    "core/text_messages.py": {"http.client"},  # the gateway that SMS_URL names
    "sessions/probing.py": {"socket"},  # the probe's Unix socket
    "messaging/scanning.py": {"socket"},  # the virus scanner's Unix socket
    "billing/gateways/simulator/events.py": {"http.client"},  # posts to our own address
}
SDKS = {"stripe": "billing/gateways/"}


def imported(name):
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("name", ours(".py"))
def test_no_module_can_fetch(name):
    assert set(imported(name)) & FETCHES <= KNOWN.get(name, set())


@pytest.mark.parametrize("name", ours(".py"))
def test_no_module_connects(name):
    called = {
        node.func.attr
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert called & CONNECTS == set()


def test_sdks_are_behind_their_gateway():
    strangers = [
        (name, sdk)
        for name in ours(".py")
        for sdk, home in SDKS.items()
        if sdk in set(imported(name)) and not name.startswith(home)
    ]

    assert strangers == []


def test_every_exception_is_needed():
    assert {name for name in KNOWN if not set(imported(name)) & FETCHES} == set()
