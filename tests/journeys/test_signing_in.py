"""Second factors, passkeys, invitations and the lock, in a real browser."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core import mail
from playwright.sync_api import expect

from accounts import idle
from accounts.models import Membership
from core.session_store import SessionStore
from messaging import threads
from tests.accounts.test_factors import code_for
from tests.factories import NOW, PASSWORD, make_member
from tests.journeys.screens import open_menu
from tests.live_site import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
HOME = re.compile(r"/home/|/ledger/")


@pytest.fixture
def bob(site, dr_bob):
    """A therapist with a password, and no second step yet."""
    user = dr_bob.user
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def looks(page, axe, heading):
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), heading
    axe(page)


def code_field(page):
    return page.get_by_role("textbox", name="Code")


def letters_to(address):
    return [letter for letter in mail.outbox if letter.to == [address]]


def enter(page, user):
    page.goto("/account/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_therapist_sets_up_an_app_and_signs_in_with_it(page_for, bob, axe, width, scheme):
    page = page_for(None, viewport={"width": width, "height": 800}, color_scheme=scheme)
    enter(page, bob)
    looks(page, axe, "One more step before you begin")
    page.get_by_role("link", name="Use an app with codes").click()
    looks(page, axe, "Set up an app")
    secret = page.locator(".key").inner_text().replace(" ", "")
    code_field(page).fill("000000")
    page.get_by_role("button", name="Set up the app").click()
    expect(page.get_by_text("This does not fit.")).to_be_visible()
    looks(page, axe, "Set up an app")

    code_field(page).fill(code_for(secret))
    page.get_by_role("button", name="Set up the app").click()
    looks(page, axe, "Recovery codes")
    recovery = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    open_menu(page)
    page.get_by_role("button", name="Sign out").click()

    enter(page, bob)
    looks(page, axe, "Second step")
    code_field(page).fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(HOME)
    open_menu(page)
    page.get_by_role("link", name="Security").click()
    looks(page, axe, "Security settings")
    expect(page.get_by_text("9 left")).to_be_visible()


@pytest.fixture
def localhost(site):
    """The site under a name: browsers give no passkey to a bare number."""
    return site.replace("127.0.0.1", "localhost")


def give_authenticator(page):
    """Put a phone's passkeys into the browser, by Chromium's own protocol."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_therapist_sets_up_a_passkey_and_signs_in_with_it_alone(page_for, bob, axe, localhost):
    page = page_for(None, base_url=localhost)
    give_authenticator(page)
    enter(page, bob)
    page.get_by_role("link", name="Use a passkey").click()
    looks(page, axe, "Add a passkey")
    page.get_by_label("A name for it").fill("Work laptop")
    page.get_by_role("button", name="Add the passkey").click()
    looks(page, axe, "Recovery codes")
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    page.get_by_role("button", name="Sign out").click()

    page.goto("/account/login/")
    looks(page, axe, "Sign in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(HOME)

    page.goto("/account/security/")
    expect(page.get_by_text("Work laptop").first).to_be_visible()
    page.get_by_role("link", name="Rename Work laptop").click()
    looks(page, axe, "Rename the passkey")


def test_a_passkey_as_the_second_step_and_as_a_fresh_proof(page_for, bob, axe, localhost):
    TOTP.activate(bob, generate_totp_secret())
    page = page_for(bob, base_url=localhost)
    give_authenticator(page)
    page.goto("/account/passkeys/new/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.get_by_role("button", name="Sign out").click()
    enter(page, bob)
    looks(page, axe, "Second step")

    page.get_by_role("button", name="Use a passkey").click()

    page.wait_for_url(HOME)
    age_proofs(page)
    page.goto("/account/recovery-codes/")
    looks(page, axe, "Show that it is you")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")


def session_of(page):
    name = settings.SESSION_COOKIE_NAME
    value = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == name)
    return SessionStore(value)


def age_proofs(page):
    session = session_of(page)
    for proof in session["account_authentication_methods"]:
        proof["at"] -= 600
    session.save()


def rest(page, seconds):
    """As if nothing had been done for so long."""
    session = session_of(page)
    session[idle.ACTIVE_AT] = time.time() - seconds
    session[idle.ENTERED_AT] = time.time() - seconds
    session.save()


@pytest.fixture
def thread(site, visit):
    return threads.open_for(visit, now=NOW)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_lock_keeps_what_was_typed(page_for, dr_bob, thread, axe, width):
    page = page_for(dr_bob.user, viewport={"width": width, "height": 800})
    rest(page, idle.STAFF.idle - 61)
    page.goto(f"/messages/{thread.id}/")
    rest(page, idle.STAFF.idle - 59)
    page.get_by_label("Your message").evaluate(
        "box => { box.value = 'Two nights without waking'; }"
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("This page locks in one minute.")).to_be_visible()
    axe(page)

    page.keyboard.press("Shift")
    expect(page.get_by_text("This page locks in one minute.")).to_be_hidden()
    wait_until(lambda: time.time() - session_of(page)[idle.ACTIVE_AT] < 60)

    rest(page, idle.STAFF.idle)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    looks(page, axe, "Locked")
    expect(page.get_by_label("Your message")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_label("Your password").fill("not this one")
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_text("This is not your current password.")).to_be_visible()
    axe(page)

    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_label("Your message")).to_have_value("Two nights without waking")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Two nights without waking")


def test_without_javascript_what_was_sent_too_late_is_kept(page_for, dr_bob, thread, axe):
    page = page_for(dr_bob.user, java_script_enabled=False)
    page.goto(f"/messages/{thread.id}/")
    page.get_by_label("Your message").fill("Two nights\nwithout waking")
    rest(page, idle.STAFF.idle)

    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Locked")
    expect(page.get_by_text("What you just sent came after the lock.")).to_be_visible()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not sent yet")
    page.get_by_role("button", name="Send it now").click()

    expect(page.get_by_role("log")).to_contain_text("without waking")


def test_another_window_is_unlocked_with_it(page_for, dr_bob, thread):
    one = page_for(dr_bob.user)
    one.goto(f"/messages/{thread.id}/")
    other = one.context.new_page()
    other.goto("/account/security/")
    rest(one, idle.STAFF.idle)
    for page in (one, other):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.get_by_role("button", name="Unlock", exact=True)).to_be_visible()

    one.get_by_label("Your password").fill(PASSWORD)
    one.get_by_role("button", name="Unlock", exact=True).click()
    expect(one.get_by_label("Your message")).to_be_visible()
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(other.get_by_role("heading", name="Security settings")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_from_an_invitation_to_the_first_sign_in(
    page_for, practice, axe, site, settings, mailoutbox, width, scheme
):
    settings.SITE_URL = site
    look = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    boss = page_for(make_member(practice, Membership.Role.ADMIN, "boss@example.com"), **look)
    boss.goto("/account/staff/")
    looks(boss, axe, "Staff")
    boss.get_by_role("link", name="Invite someone").click()
    looks(boss, axe, "Invite someone")
    boss.get_by_label("Their work email").fill("new.biller@example.com")
    boss.get_by_label("Their role").select_option("billing")
    boss.get_by_role("button", name="Send the invitation").click()
    looks(boss, axe, "Staff")
    expect(boss.get_by_text("new.biller@example.com").first).to_be_visible()

    page = page_for(None, **look)
    wait_until(lambda: letters_to("new.biller@example.com"))
    page.goto(re.search(r"http\S+", letters_to("new.biller@example.com")[-1].body)[0])
    looks(page, axe, "Your invitation")
    expect(page.get_by_label("The link from your email")).to_be_hidden()
    assert "#" not in page.url
    page.get_by_role("button", name="Open the invitation").click()
    looks(page, axe, "Work at Lakeside Practice")
    page.get_by_role("link", name="Create your account").click()
    expect(page.get_by_label("Email")).to_have_value("new.biller@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    wait_until(lambda: len(letters_to("new.biller@example.com")) > 1)
    code = re.search(r"\d{4}-\d{4}", letters_to("new.biller@example.com")[-1].body)[0]
    code_field(page).fill(code)
    page.get_by_role("button", name="Confirm", exact=True).click()
    looks(page, axe, "Work at Lakeside Practice")
    page.get_by_role("button", name="Take up the invitation").click()
    looks(page, axe, "One more step before you begin")
    page.get_by_role("link", name="Use an app with codes").click()
    secret = page.locator(".key").inner_text().replace(" ", "")
    code_field(page).fill(code_for(secret))
    page.get_by_role("button", name="Set up the app").click()
    page.get_by_role("link", name="I have kept them").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Ledger")
    boss.reload()
    boss.get_by_role("link", name="Close the account new.biller@example.com").click()
    looks(boss, axe, "Close this account?")
    boss.get_by_role("button", name="Close the account").click()
    expect(boss.get_by_text("account closed")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_signing_out_leaves_nothing_in_the_browser(page_for, bob):
    page = page_for(bob)
    page.goto("/account/security/")
    page.evaluate("() => { localStorage.kept = 'in a call'; sessionStorage.kept = 'a page'; }")

    page.get_by_role("button", name="Sign out").first.click()

    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert page.evaluate("[localStorage.kept, sessionStorage.kept]") == [None, None]
