"""A real coturn, with the configuration of docs/turn.conf, that can be stopped and started."""

import asyncio
import secrets
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aioice.turn import create_turn_endpoint

from tests.tools import turnserver

SHIPPED = Path(__file__).resolve().parents[1] / "docs" / "turn.conf"
PATIENCE = 20  # seconds
BINDING, MAGIC_COOKIE = 0x0001, 0x2112A442  # of STUN, RFC 8489
OWN_NETWORK = "denied-peer-ip=127.0.0.0-127.255.255.255"


class Relay:
    """A coturn of our own on loopback. For browsers of this machine it must be `open_inwards`."""

    def __init__(self, folder: Path, *, open_inwards: bool) -> None:
        self.address = ("127.0.0.1", free_port())
        self.url = "turn:{}:{}".format(*self.address)
        self.secret = secrets.token_hex()
        self.program = turnserver()
        self.folder, self.open_inwards = folder, open_inwards

    def start(self) -> None:
        conf = self.folder / "turn.conf"
        conf.write_text(self.configuration())
        own_files = ["-b", str(self.folder / "turn.db"), "--pidfile", str(self.folder / "turn.pid")]
        command = [self.program, "-c", str(conf), "-L", self.address[0], *own_files]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        wait_for(self.address)

    def configuration(self) -> str:
        shipped = SHIPPED.read_text().replace("port=3478", f"port={self.address[1]}")
        if self.open_inwards:
            shipped = shipped.replace(OWN_NETWORK, "allow-loopback-peers")
        return shipped.replace("change-me", self.secret)

    def stop(self) -> None:
        """At once, as in a power failure: nobody is told, and what it relayed is forgotten."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_relay(folder: Path, *, open_inwards: bool = False) -> Iterator[Relay]:
    """Start a relay in an empty folder, and give it."""
    relay = Relay(folder, open_inwards=open_inwards)
    try:
        relay.start()
        yield relay
    finally:
        relay.stop()


def free_port() -> int:
    """A port below the ephemeral ones: a browser of another test could take one of those first."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_for(address: tuple[str, int]) -> None:
    """Ask over UDP, as browsers do, until there is an answer."""
    give_up_at = time.monotonic() + PATIENCE
    while not answers(address):
        assert time.monotonic() < give_up_at, "the relay did not start"
        time.sleep(0.02)


def answers(address: tuple[str, int]) -> bool:
    question = struct.pack("!HHI12s", BINDING, 0, MAGIC_COOKIE, secrets.token_bytes(12))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.1)
        udp.connect(address)
        try:
            udp.send(question)
            return bool(udp.recv(1024))
        except (TimeoutError, ConnectionRefusedError):
            return False


async def allocate(
    server: tuple[str, int], username: str, password: str, peer: str | None = None
) -> str:
    """Ask for a relayed address, as a browser does, and for the way to `peer`. Return its host."""
    asking = create_turn_endpoint(
        asyncio.DatagramProtocol,
        server_addr=server,
        username=username,
        password=password,
    )
    transport, _ = await asyncio.wait_for(asking, 3)
    try:
        if peer:
            await transport._TurnTransport__inner_protocol.send_data(b"hello", (peer, 9))
        return transport.get_extra_info("sockname")[0]
    finally:
        transport.close()
        await asyncio.sleep(0.05)
