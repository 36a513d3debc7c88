"""The connection test, by a real WebRTC connection to a real process."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from django.conf import settings as django_settings
from django.urls import reverse

from sessions import probe, probing

ROOT = Path(django_settings.BASE_DIR)
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def own_folder(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return tmp_path


@asynccontextmanager
async def serving():
    tester = probe.Probe()
    task = asyncio.create_task(tester.serve(probing.address()))
    while not probing.address().exists():
        await asyncio.sleep(0.01)
    yield tester
    for test in [task, *tester.tests]:
        test.cancel()
    await asyncio.gather(task, *tester.tests, return_exceptions=True)


async def offer_of(connection: RTCPeerConnection) -> str:
    await connection.setLocalDescription(await connection.createOffer())
    return connection.localDescription.sdp


@pytest.mark.asyncio
async def test_the_probe_sends_back_what_it_is_sent(own_folder):
    connection = RTCPeerConnection()
    channel = connection.createDataChannel("probe")
    heard = asyncio.Queue()
    channel.on("open", lambda: channel.send("ping"))
    channel.on("message", heard.put_nowait)

    async with serving():
        answer = await asyncio.to_thread(probing.ask, await offer_of(connection))
        await connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        echo = await asyncio.wait_for(heard.get(), 30)
        await connection.close()

    assert echo == "ping"


@pytest.mark.asyncio
async def test_the_probe_refuses_what_is_no_offer(own_folder):
    async with serving():
        for nonsense in ("", "hello", "v=0\r\nm=application nonsense"):
            with pytest.raises(probing.NoAnswer):
                await asyncio.to_thread(probing.ask, nonsense)


@pytest.mark.asyncio
async def test_the_probe_takes_no_sound_and_no_pictures(own_folder):
    connection = RTCPeerConnection()
    connection.createDataChannel("probe")
    connection.addTransceiver("audio")

    async with serving() as tester:
        with pytest.raises(probing.NoAnswer):
            await asyncio.to_thread(probing.ask, await offer_of(connection))
        assert tester.tests == set()
    await connection.close()


@pytest.mark.asyncio
async def test_the_probe_tests_only_so_many_at_once(own_folder, monkeypatch):
    monkeypatch.setattr(probe, "MOST_AT_ONCE", 0)
    connection = RTCPeerConnection()
    connection.createDataChannel("probe")

    async with serving():
        with pytest.raises(probing.NoAnswer):
            await asyncio.to_thread(probing.ask, await offer_of(connection))
    await connection.close()


@pytest.mark.asyncio
async def test_a_test_ends_by_itself(own_folder, monkeypatch):
    monkeypatch.setattr(probe, "LASTS_SECONDS", 0.05)
    connection = RTCPeerConnection()
    connection.createDataChannel("probe")

    async with serving() as tester:
        await asyncio.to_thread(probing.ask, await offer_of(connection))
        await asyncio.wait(tester.tests, timeout=30)
        assert tester.tests == set()
    await connection.close()


def test_without_the_probe_the_page_is_told(own_folder, sign_in, visit, alice):
    response = sign_in(alice.user).post(
        reverse("video:room_probe", args=[visit.id]), "v=0", content_type="application/sdp"
    )

    assert response.status_code == 503


def test_an_offer_that_is_too_large_is_refused(own_folder, sign_in, visit, alice):
    response = sign_in(alice.user).post(
        reverse("video:room_probe", args=[visit.id]), "x" * 65537, content_type="application/sdp"
    )

    assert response.status_code == 413


def test_a_stranger_tests_nothing(own_folder, sign_in, visit, mallory):
    address = reverse("video:room_probe", args=[visit.id])

    response = sign_in(mallory.user).post(address, "v=0", content_type="application/sdp")

    assert response.status_code == 404


def test_the_command_stops_when_asked(tmp_path):
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "DJANGO_DEBUG": "true"}
    command = [sys.executable, str(ROOT / "manage.py"), "probe"]
    with subprocess.Popen(command, env=environment) as process:
        while not (tmp_path / "probe.sock").exists():
            assert process.poll() is None
        mode = (tmp_path / "probe.sock").stat().st_mode & 0o777
        process.send_signal(signal.SIGTERM)
        assert (process.wait(30), mode) == (0, 0o600)


CANDIDATE = re.compile(r"(a=candidate:\S+ 1 udp \d+) \S+ \d+ typ host", re.IGNORECASE)


@pytest.mark.asyncio
async def test_the_probe_knocks_at_no_address_that_an_offer_names(own_folder):
    """Goal row 44: else anybody with an account could let this server try what is inside."""
    connection = RTCPeerConnection()
    connection.createDataChannel("probe")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inside:
        inside.bind(("0.0.0.0", 0))  # noqa: S104 -- to be reached from any of our addresses
        inside.setblocking(False)
        port = inside.getsockname()[1]
        own = rf"\1 {own_address()} {port} typ host"
        offer = CANDIDATE.sub(own, await offer_of(connection))
        assert f" {port} typ host" in offer

        async with serving():
            await asyncio.to_thread(probing.ask, offer)
            await asyncio.sleep(2)
        await connection.close()

        with pytest.raises(BlockingIOError):
            inside.recv(2048)


def own_address():
    """The address of this machine by which the probe would reach it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect(("192.0.2.1", 9))  # sends nothing
        return way.getsockname()[0]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\u2028"])
def test_an_address_is_taken_out_however_its_line_ends(end):
    lines = ["v=0", "a=candidate:1  1\tudp 1 10.0.0.5 53 typ host", "a=mid:0"]

    blinded = probe.blind(end.join(lines))

    assert blinded.splitlines() == ["v=0", probe.NOWHERE, "a=mid:0"]
