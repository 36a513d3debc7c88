"""Asking an address that somebody gave: what is refused, before anything is connected to."""

import datetime as dt
import socket
import ssl
import time
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core import outgoing
from core.outgoing import NotFetched, Reason
from tests.answering import serving

NAME = "calendar.example"


class Names:
    """A name server of the test's own: each name stands for the next of its addresses."""

    def __init__(self, **names):
        self.names = {name.replace("_", "."): list(ips) for name, ips in names.items()}
        self.asked = []

    def __call__(self, host, port, **_):
        self.asked.append(host)
        ips = self.names[host]
        now = ips.pop(0) if len(ips) > 1 else ips[0]
        return [(None, None, None, "", (ip, port)) for ip in now.split()]


def here(server, path="/feed.ics", host="127.0.0.1"):
    return f"http://{host}:{server.server_port}{path}"


def reason(address, **said):
    with pytest.raises(NotFetched) as refused:
        outgoing.ask(address, **said)
    return refused.value.reason


HOSTILE = [
    "127.0.0.1", "127.1", "127.8.8.8", "0.0.0.0", "0",  # noqa: S104 -- refused
    "2130706433", "0x7f000001", "0177.0.0.1",
    "0x7f.1", "localhost", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192",
    "198.18.0.1",
    "192.0.2.1", "192.88.99.1", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]",
    "[2001:db8::1]", "[100::1]", "[3fff::1]", "\uff11\uff12\uff17.0.0.1",
    "\u2460\u2461\u2466.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTILE)
def test_nothing_is_asked_inside(host, monkeypatch):
    connected = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, to: connected.append(to))

    refused = reason(f"https://{host}/latest/meta-data/")

    assert refused in (Reason.INSIDE, Reason.ADDRESS)
    assert connected == []


def test_there_are_as_many_as_it_takes():
    assert len(set(HOSTILE)) >= 40


@pytest.mark.parametrize("ip", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111"])
def test_public_addresses_may_be_asked(ip):
    assert outgoing.may_ask(ip_address(ip))


@pytest.mark.parametrize(
    "address",
    [
        "http://calendar.example/",  # not without the setting
        "ftp://calendar.example/",
        "file:///etc/passwd",
        "gopher://calendar.example/",
        "//calendar.example/",
        "calendar.example",
        "",
        "https://",
        "https:///x",
        "https://user@calendar.example/",
        "https://user:word@calendar.example/",
        "https://calendar.example\\@127.0.0.1/",
        "https://calendar.example/ HTTP/1.1",
        "https://calendar.example/\r\nHost: other",
        "https://calendar.example/\x00",
        "https://calendar.example:99999/",
        "https://calendar.example:x/",
        "https://[::1/",
        "https://.calendar.example/",
        f"https://{'a' * 64}.example/",
        f"https://calendar.example/{'a' * 2000}",
    ],
)
def test_what_is_no_address_is_refused_unasked(address):
    names = Names(calendar_example=["8.8.8.8"])

    assert (reason(address, resolve=names), names.asked) == (Reason.ADDRESS, [])


def test_what_was_checked_is_what_is_connected_to(open_here):
    """DNS rebinding: the name stands for another address a moment later. It is asked once."""
    names = Names(calendar_example=["127.0.0.1", "10.9.9.9"])
    with serving() as server:
        answer = outgoing.ask(here(server, host=NAME), resolve=names)

    assert (answer.status, names.asked) == (200, [NAME])
    [(_path, headers)] = server.asked
    assert headers["Host"] == f"{NAME}:{server.server_port}"


def test_a_name_that_stands_for_an_inner_address_too_is_refused(open_here, monkeypatch):
    connected = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, to: connected.append(to))
    names = Names(calendar_example=["8.8.8.8 169.254.169.254"])

    assert reason(f"http://{NAME}/", resolve=names) == Reason.INSIDE
    assert connected == []


def test_a_redirect_inside_is_refused(open_here):
    with serving(lambda h: h.answer(302, Location="http://169.254.169.254/latest/")) as server:
        assert reason(here(server), redirects=3) == Reason.INSIDE


def test_a_redirect_to_a_name_that_has_moved_inside_is_refused(open_here):
    names = Names(calendar_example=["127.0.0.1", "10.0.0.1"])
    with serving(lambda h: h.answer(301, Location="/again")) as server:
        assert reason(here(server, host=NAME), redirects=3, resolve=names) == Reason.INSIDE

    assert names.asked == [NAME, NAME]


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://x.example/", "http://u:p@x.example/", "https://["]
)
def test_a_redirect_to_what_is_no_address_is_refused(open_here, to):
    with serving(lambda h: h.answer(302, Location=to)) as server:
        assert reason(here(server), redirects=3) == Reason.ADDRESS


def test_three_redirects_are_followed_and_no_more(open_here):
    def lead_on(handler):
        count = int(handler.path[1:])
        handler.answer(302, Location=f"/{count - 1}") if count else handler.answer(body=b"there")

    with serving(lead_on) as server:
        assert outgoing.ask(here(server, "/3"), redirects=3).body == b"there"
        assert reason(here(server, "/4"), redirects=3) == Reason.LEADS_ON


def test_none_is_followed_where_none_was_asked_for(open_here):
    with serving(lambda h: h.answer(302, Location="http://169.254.169.254/")) as server:
        assert outgoing.ask(here(server)).status == 302


def test_what_is_too_large_is_not_read(open_here):
    whole, more = b"x" * outgoing.LARGEST, b"x" * (outgoing.LARGEST + 1)
    with serving(lambda h: h.answer(body=whole if h.path == "/whole" else more)) as server:
        assert len(outgoing.ask(here(server, "/whole")).body) == outgoing.LARGEST
        assert reason(here(server, "/more")) == Reason.LARGE


def test_what_is_packed_is_not_unpacked(open_here):
    with serving(lambda h: h.answer(Content_Encoding="gzip")) as server:
        assert reason(here(server)) == Reason.UNREACHABLE


def drip(handler):
    """A byte at a time, each before any timeout of a read."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def drip_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(90):
        handler.wfile.write(f"X-{number}: x\r\n".encode())
        time.sleep(0.05)


def go_on_and_on(handler):
    for _ in range(90):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize("dawdle", [lambda _: time.sleep(2), drip, drip_headers, go_on_and_on])
def test_who_dawdles_is_cut_off(open_here, monkeypatch, dawdle):
    monkeypatch.setattr(outgoing, "SECONDS", 0.4)
    with serving(dawdle) as server:
        begun = time.monotonic()
        assert reason(here(server)) == Reason.SLOW
        assert time.monotonic() - begun < 1.5


def say_nothing_of_http(handler):
    handler.wfile.write(b"hello\r\n")
    handler.close_connection = True


def test_what_is_no_http_is_no_answer(open_here):
    with serving(say_nothing_of_http) as server:
        assert reason(here(server)) == Reason.UNREACHABLE


def test_nobody_there_is_no_answer(open_here):
    with serving() as server:
        address = here(server)

    assert reason(address) == Reason.UNREACHABLE


def test_an_unknown_name_is_no_answer():
    def unknown(*_, **__):
        raise socket.gaierror

    assert reason(f"https://{NAME}/", resolve=unknown) == Reason.UNREACHABLE


def test_what_is_sent_arrives(open_here):
    with serving(lambda h: h.answer(201, ETag='"1"')) as server:
        answer = outgoing.ask(
            here(server, "/a%20b?c=d#e"), method="PUT", headers={"If-Match": "*"}, body=b"x"
        )

    [(path, headers)] = server.asked
    assert (answer.status, answer.headers["etag"]) == (201, '"1"')
    assert (path, headers["If-Match"], headers["Accept-Encoding"]) == (
        "/a%20b?c=d",
        "*",
        "identity",
    )


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A certificate for the name, and the file of whoever signed it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, *form)
    file.write_bytes(built.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.fixture
def tls(certified):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified)
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with serving(context=context) as server:
        yield server, names


def test_the_name_is_what_tls_asks_for_and_checks(open_here, monkeypatch, certified, tls):
    server, names = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(certified))
    known = Names(calendar_example=["127.0.0.1"], other_example=["127.0.0.1"])

    answer = outgoing.ask(f"https://{NAME}:{server.server_port}/", resolve=known)
    other = reason(f"https://other.example:{server.server_port}/", resolve=known)

    assert (answer.status, names) == (200, [NAME, "other.example"])
    assert other == Reason.UNREACHABLE  # the certificate is not of that name


def test_a_certificate_that_nobody_knows_is_refused(open_here, tls):
    server, _names = tls
    known = Names(calendar_example=["127.0.0.1"])

    assert reason(f"https://{NAME}:{server.server_port}/", resolve=known) == Reason.UNREACHABLE
