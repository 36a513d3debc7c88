"""A patient and her provider meet: two browsers, real camera and microphone streams."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from appointments.models import Attendance
from sessions import probing
from sessions.models import VideoSession
from tests.factories import make_visit
from tests.live_site import wait_until

pytestmark = pytest.mark.journey

ROOM = "video-room"


@pytest.fixture
def visit(dr_bob, alice):
    """A booked visit that starts in five minutes."""
    return make_visit(dr_bob, alice, starts_at=timezone.now() + timedelta(minutes=5))


@pytest.fixture
def patient(page_for, alice) -> Page:
    return page_for(alice.user)


@pytest.fixture
def provider(page_for, dr_bob) -> Page:
    return page_for(dr_bob.user)


@pytest.fixture
def probe():
    """The other end of the connection test, in a process of its own as in real life."""
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "probe"]
    with subprocess.Popen(command) as process:
        wait_until(lambda: probing.address().exists())
        yield
        process.terminate()
    probing.address().unlink(missing_ok=True)


def check_in(page: Page, visit) -> None:
    page.goto(f"/visits/{visit.id}/check-in/")
    page.get_by_label("Yes").check()
    page.get_by_label("The address where you are").fill("12 Elm Street, Springfield")
    page.get_by_label("I am somewhere nobody else can hear me").check()
    page.get_by_role("button", name="Continue").click()


def come_in(page: Page, visit) -> None:
    page.goto(f"/visits/{visit.id}/room/")


def reload(page: Page) -> Page:
    page.reload()
    return page


def come_in_again(page: Page) -> Page:
    """In a second tab, which takes the place of the first."""
    second = page.context.new_page()
    second.goto(page.url)
    return second


def meet(patient: Page, provider: Page, visit) -> None:
    """Both are in the visit and see each other."""
    check_in(patient, visit)
    come_in(patient, visit)
    come_in(provider, visit)
    provider.get_by_role("button", name="Admit Alice Doe").click()
    for page in (patient, provider):
        expect(status(page)).to_have_text("Connected.")
        wait_until_seen(page)
    wait_until(lambda: VideoSession.objects.get().status == "live")


def status(page: Page) -> Locator:
    return page.locator("[data-status]")


def stats(page: Page) -> dict:
    return page.locator(ROOM).evaluate("room => room.stats()")


def wait_until_seen(page: Page) -> None:
    """Frames of the other's camera go on arriving and are shown, not only decoded."""
    before = frames_shown(page)
    wait_until(lambda: frames_shown(page) > before + 3)
    assert page.locator("[data-remote]").evaluate(
        "video => !video.paused && video.videoWidth > 0 && video.currentTime > 0"
    )


def frames_shown(page: Page) -> int:
    remote = page.locator("[data-remote]")
    return remote.evaluate("video => video.getVideoPlaybackQuality().totalVideoFrames")


def energy_gained(page: Page, milliseconds: int = 1500) -> float:
    """How much sound arrived in that time. The fake microphone beeps once a second."""
    before = stats(page)["soundReceived"]
    page.wait_for_timeout(milliseconds)
    return stats(page)["soundReceived"] - before


def test_a_visit_from_check_in_to_the_end(patient, provider, visit, axe):
    # Given: Alice checks in, tries her devices and waits
    check_in(patient, visit)
    expect(patient.get_by_role("heading", level=1)).to_have_text("Camera and microphone")
    expect(status(patient)).to_have_text("Camera and microphone work.")
    expect(patient.locator("[data-level-words]")).to_have_text("We hear you.")
    axe(patient)
    patient.get_by_role("link", name="Go to the waiting room").click()
    expect(patient.get_by_role("heading", level=1)).to_have_text("You are in the waiting room")
    expect(patient.get_by_text("Nobody can see or hear you yet.")).to_be_visible()
    axe(patient)

    # When: Dr. Bob comes, sees who waits, and admits her
    come_in(provider, visit)
    expect(provider.get_by_role("heading", level=1)).to_have_text("Alice Doe is waiting")
    expect(patient.get_by_role("heading", level=1)).to_have_text("Bob Ray is here")
    axe(provider)
    wait_until(lambda: stats(provider)["state"] == stats(patient)["state"] == "connected")
    patient.wait_for_timeout(500)
    assert [stats(page)["packetsReceived"] for page in (patient, provider)] == [0, 0]
    provider.get_by_role("button", name="Admit Alice Doe").click()

    # Then: both see and hear each other
    for page in (patient, provider):
        expect(status(page)).to_have_text("Connected.")
        wait_until_seen(page)
        assert energy_gained(page) > 0
        expect(page.get_by_text("Only the two of you can see and hear this.")).to_be_visible()
        axe(page)

    # And: mute stops the sound, the camera its picture, and each says so
    patient.get_by_role("button", name="Mute", exact=True).click()
    expect(patient.get_by_role("button", name="Unmute")).to_be_focused()
    expect(status(provider)).to_have_text("Alice Doe is muted.")
    # What was on its way is still heard; then it is quiet.
    wait_until(lambda: energy_gained(provider) == pytest.approx(0, abs=1e-6))
    patient.get_by_role("button", name="Unmute").click()
    assert energy_gained(provider) > 1e-4
    patient.get_by_role("button", name="Turn camera off").click()
    expect(provider.get_by_text("No picture at the moment.")).to_be_visible()
    axe(provider)
    axe(patient)
    patient.get_by_role("button", name="Turn camera on").click()
    expect(provider.locator("[data-remote]")).to_be_visible()
    wait_until_seen(provider)

    # And: help is there for both
    patient.get_by_role("button", name="I need help").click()
    expect(patient.get_by_role("heading", name="You can get help now")).to_be_visible()
    axe(patient)
    provider.get_by_role("button", name="Emergency facts").click()
    expect(provider.get_by_text("12 Elm Street, Springfield, Illinois (at home)")).to_be_visible()
    expect(provider.get_by_text("Sam Doe, Brother")).to_be_visible()
    axe(provider)

    # When: Dr. Bob ends the visit
    provider.get_by_role("button", name="End visit").click()

    # Then: he goes on to the note, she is thanked, and what happened is kept
    provider.wait_for_url(f"**/visits/{visit.id}/note/")
    expect(patient.get_by_role("heading", level=1)).to_have_text("The visit has ended")
    axe(patient)
    attendance = Attendance.objects.get()
    assert (attendance.modality, attendance.patient_state) == ("video", "IL")


def test_the_device_check_measures_the_path_of_the_visit(patient, visit, probe):
    patient.goto(f"/visits/{visit.id}/devices/")

    expect(patient.locator("[data-path]")).to_have_text(
        re.compile(r"^Your connection answered in \d+ ms\.")
    )


def test_the_device_check_says_when_there_is_no_path(patient, visit):
    patient.goto(f"/visits/{visit.id}/devices/")

    expect(patient.locator("[data-path]")).to_contain_text("We could not reach our test")


def test_the_media_outlive_the_socket(patient, provider, visit):
    sockets = sockets_of(patient)
    meet(patient, provider, visit)
    call, epochs = stats(patient)["call"], seat_epochs()

    sockets[-1].close(code=1012, reason="the server restarts")
    expect(status(patient)).to_contain_text("Reconnecting")
    wait_until_seen(patient)

    expect(status(patient)).to_have_text("Connected.")
    assert seat_epochs()["patient"] > epochs["patient"]
    wait_until_seen(provider)
    assert (stats(patient)["call"], stats(provider)["call"]) == (call, call)


def test_a_page_that_is_gone_is_told_at_once(patient, provider, visit):
    meet(patient, provider, visit)

    patient.goto("about:blank")

    lost = "Alice Doe has lost the connection. We are trying again."
    expect(status(provider)).to_have_text(lost, timeout=3000)
    expect(provider.locator("[data-remote]")).to_be_hidden()
    expect(provider.get_by_text("Only the two of you")).to_be_hidden()
    expect(provider.get_by_text("Alice Doe may not see or hear you right now.")).to_be_visible()


@pytest.mark.parametrize("who", ["patient", "provider"])
def test_a_reload_comes_back(patient, provider, visit, who):
    meet(patient, provider, visit)

    (patient if who == "patient" else provider).reload()

    for page in (patient, provider):
        expect(status(page)).to_have_text("Connected.")
        wait_until_seen(page)


@pytest.mark.parametrize("comes_back", [reload, come_in_again])
def test_what_was_switched_off_stays_off(patient, provider, visit, comes_back):
    meet(patient, provider, visit)
    patient.get_by_role("button", name="Mute", exact=True).click()
    patient.get_by_role("button", name="Turn camera off").click()
    expect(provider.get_by_text("No picture at the moment.")).to_be_visible()

    page = comes_back(patient)

    for told in (page, provider):
        wait_until(lambda told=told: stats(told)["state"] == "connected")
    expect(page.get_by_role("button", name="Unmute")).to_be_visible()
    expect(page.get_by_role("button", name="Turn camera on")).to_be_visible()
    expect(page.locator("[data-self]")).to_be_hidden()
    expect(provider.get_by_text("No picture at the moment.")).to_be_visible()
    assert energy_gained(provider) == pytest.approx(0, abs=1e-6)


def test_leaving_is_told_and_the_way_back_is_open(patient, provider, visit, axe):
    meet(patient, provider, visit)

    patient.get_by_role("link", name="Leave").click()
    expect(patient.get_by_role("heading", level=1)).to_have_text("You have left")
    axe(patient)
    expect(provider.get_by_role("heading", level=1)).to_have_text("Alice Doe has left")
    expect(provider.get_by_text("Only the two of you")).to_be_hidden()
    expect(provider.get_by_text("Alice Doe can no longer see or hear you.")).to_be_visible()
    axe(provider)
    patient.get_by_role("link", name="Return to your visit").click()

    for page in (patient, provider):
        wait_until_seen(page)


def test_a_second_window_takes_the_seat(patient, provider, visit, axe):
    meet(patient, provider, visit)

    second = patient.context.new_page()
    come_in(second, visit)

    expect(patient.get_by_role("heading")).to_have_text("You opened this visit somewhere else")
    expect(patient.get_by_role("button")).to_have_text("Go on here")
    expect(status(patient)).to_be_hidden()
    expect(patient.get_by_text("Only the two of you")).to_be_hidden()
    assert not patient.locator("[data-self]").evaluate("video => video.srcObject?.active")
    axe(patient)
    wait_until_seen(second)
    wait_until_seen(provider)

    patient.get_by_role("button", name="Go on here").click()

    expect(status(patient)).to_have_text("Connected.")
    expect(second.get_by_role("heading")).to_have_text("You opened this visit somewhere else")
    second.close()


def test_the_provider_may_come_first(patient, provider, visit):
    come_in(provider, visit)
    expect(provider.get_by_role("heading", level=1)).to_have_text("Alice Doe is not here yet")

    check_in(patient, visit)
    come_in(patient, visit)
    provider.get_by_role("button", name="Admit Alice Doe").click()

    wait_until_seen(provider)


def test_without_camera_and_microphone_one_still_comes_in(page_for, provider, alice, visit, axe):
    deaf = page_for(alice.user)
    deaf.add_init_script(
        "navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    check_in(deaf, visit)
    expect(status(deaf)).to_contain_text("Open the lock beside the address")
    deaf.get_by_role("link", name="Go to the waiting room").click()

    come_in(provider, visit)
    provider.get_by_role("button", name="Admit Alice Doe").click()

    expect(status(deaf)).to_have_text("Connected.")
    wait_until_seen(deaf)
    expect(provider.get_by_text("No picture at the moment.", exact=True)).to_be_visible()
    expect(provider.get_by_text("Alice Doe has no microphone.")).to_be_visible()
    expect(status(provider)).to_have_text("Connected.")
    expect(deaf.get_by_text("Your microphone is not working, so Bob Ray cannot")).to_be_visible()
    axe(provider)
    axe(deaf)


def test_the_controls_work_by_keyboard(patient, provider, visit):
    meet(patient, provider, visit)

    patient.get_by_role("button", name="Mute", exact=True).focus()
    patient.keyboard.press("Space")

    expect(patient.get_by_role("button", name="Unmute")).to_be_focused()
    patient.keyboard.press("Tab")
    expect(patient.get_by_role("button", name="Turn camera off")).to_be_focused()


@pytest.mark.parametrize("name", ["room", "devices"])
def test_without_scripts_the_page_says_so_and_shows_no_dead_control(page_for, alice, visit, name):
    check_in(page_for(alice.user), visit)
    page = page_for(alice.user, java_script_enabled=False)

    page.goto(f"/visits/{visit.id}/{name}/")

    main = page.get_by_role("main")
    # Playwright never looks into a noscript element, so the source is asked.
    assert "Video needs JavaScript." in page.content().partition("<h1")[0]
    assert main.get_by_role("button").all() == []


def sockets_of(page: Page) -> list[WebSocketRoute]:
    """The page's sockets, the newest last, to be cut. Ask before the page opens one."""
    opened: list[WebSocketRoute] = []

    def keep(route: WebSocketRoute) -> None:
        route.connect_to_server()
        opened.append(route)

    page.route_web_socket("**/ws/session/**", keep)
    return opened


def seat_epochs() -> dict[str, int]:
    return dict(VideoSession.objects.get().seats.values_list("role", "epoch"))
