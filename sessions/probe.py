"""The other end of the connection test: answers an offer and sends back what it is sent.

A process of its own (`manage.py probe`), because aiortc works in the event loop it runs in, and
a visit's signalling must not wait for it. It sees no camera, no name and no visit: one data
channel, for a few seconds. The web process reaches it by a Unix socket, one line of JSON each way.
"""

import asyncio
import contextlib
import json
import logging
import os
from pathlib import Path

from aiortc import RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from sessions.probing import MAX_BYTES

log = logging.getLogger(__name__)

LASTS_SECONDS = 15.0  # five pings take one; the rest is for slow networks
MOST_AT_ONCE = 20
CANDIDATE = "a=candidate:"
NOWHERE = f"{CANDIDATE}1 1 udp 1 192.0.2.1 9 typ host"  # TEST-NET-1 (RFC 5737): nobody is there


class Probe:
    """The connections that are being tested at this moment."""

    def __init__(self) -> None:
        self.tests: set[asyncio.Task[None]] = set()

    async def serve(self, path: Path) -> None:
        """Answer until cancelled."""
        before = os.umask(0o177)  # nobody else may connect, from the first moment on
        server = await asyncio.start_unix_server(self.hear, path, limit=MAX_BYTES)
        os.umask(before)
        async with server:
            await server.serve_forever()

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one offer, given as a line of JSON; whatever is wrong with it, say no more."""
        try:
            offer = json.loads(await reader.readline())["sdp"]
            answer = {"sdp": await self.answer(offer)}
        except Exception as problem:  # aiortc may stumble anywhere over a strange SDP
            log.warning("the probe refused an offer: %s", type(problem).__name__)
            answer = {}
        writer.write(json.dumps(answer).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async def answer(self, offer: str) -> str:
        """
        Return the answer to an offer of one data channel.

        :raises ValueError: for anything else: sound and pictures would cost the work of decoding
        :raises RuntimeError: if too many are tested at once
        """
        media = [line for line in offer.splitlines() if line.startswith("m=")]
        if len(media) != 1 or not media[0].startswith("m=application "):
            raise ValueError("not a data channel")
        if len(self.tests) >= MOST_AT_ONCE:
            raise RuntimeError("busy")
        connection = RTCPeerConnection()
        connection.on("datachannel", echo)
        test = asyncio.create_task(close_later(connection))
        self.tests.add(test)
        test.add_done_callback(self.tests.discard)
        offered = RTCSessionDescription(sdp=blind(offer), type="offer")
        await connection.setRemoteDescription(offered)
        await connection.setLocalDescription(await connection.createAnswer())
        return str(connection.localDescription.sdp)


def blind(offer: str) -> str:
    """
    Take the addresses out of an offer: this server would knock at each, also inside its network.

    It needs none: the browser knocks here, and is answered where that came from (RFC 8445,
    section 7.3.1.3).
    """
    lines = offer.splitlines()  # as aiortc reads it
    return "".join(f"{NOWHERE if line.startswith(CANDIDATE) else line}\r\n" for line in lines)


def echo(channel: RTCDataChannel) -> None:
    channel.on("message", channel.send)


async def close_later(connection: RTCPeerConnection) -> None:
    try:
        await asyncio.sleep(LASTS_SECONDS)
    finally:
        await connection.close()
