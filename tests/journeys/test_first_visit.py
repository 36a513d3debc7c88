"""The first visit of alice with dr_bob, from the search to the receipt and the message after it.

Three people, three browsers, nothing pretended but the card network. axe looks at every step.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from appointments import indexing
from appointments.models import Appointment, AvailabilityRule
from billing.models import Charge, Payment
from core import zones
from sessions.models import VideoSession
from tests.factories import PASSWORD
from tests.journeys.test_room import energy_gained, wait_until_seen
from tests.live_site import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

CHICAGO = ZoneInfo("America/Chicago")
PHONE = {"viewport": {"width": 360, "height": 740}, "timezone_id": "America/Chicago"}
DESK = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}
ALICE = "alice.new@example.com"


@pytest.fixture
def around_the_clock(dr_bob):
    """dr_bob works day and night this once, so that the visit can begin now."""
    dr_bob.availability_rules.all().delete()
    for weekday in range(7):
        AvailabilityRule.objects.create(
            provider=dr_bob, weekday=weekday, from_minute=0, to_minute=1440
        )
    dr_bob.schedule.lead_minutes = 0
    dr_bob.schedule.save()
    indexing.sweep(now=timezone.now())


@pytest.fixture
def simulator(settings, site):
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_SIMULATOR = True
    settings.STRIPE_WEBHOOK_SECRET = "whsec_of_the_tests"
    settings.SITE_URL = site


@dataclass
class Story:
    """What the three see. Every step leaves its page free of faults that axe can find."""

    alice: Page
    dr_bob: Page
    biller: Page
    axe: object
    seen: list[str] = field(default_factory=list)

    def step(self, page: Page, heading: str) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(heading))
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), heading
        self.axe(page)
        self.seen.append(heading)

    # Search and hold

    def alice_looks_for_someone_in_illinois(self):
        self.alice.goto("/")
        self.step(self.alice, "Find someone to talk to")
        self.alice.get_by_label("Where are you?").select_option("IL")
        self.alice.get_by_role("button", name="Show times").click()
        expect(self.alice.get_by_text("licensed in Illinois")).to_be_visible()
        expect(self.alice.get_by_text("Times are in Central Time (Chicago).")).to_be_visible()
        self.step(self.alice, "Find someone to talk to")

    def she_chooses_the_first_time(self):
        self.alice.locator(".slot").first.click()
        assert Appointment.objects.get().status == Appointment.Status.HELD

    # Sign up

    def she_signs_up_and_confirms_her_address(self):
        self.step(self.alice, "Create your account")
        self.alice.get_by_label("Email").fill(ALICE)
        self.alice.get_by_label("Password").fill("short")
        self.alice.get_by_role("button", name="Create account").click()
        expect(self.alice.locator(".error").first).to_be_visible()
        expect(self.alice.get_by_label("Email")).to_have_value(ALICE)
        self.step(self.alice, "Create your account")
        self.alice.get_by_label("Password").fill(PASSWORD)
        self.alice.get_by_role("button", name="Create account").click()
        self.step(self.alice, "Confirm your email")
        wait_until(lambda: mail.outbox)
        code = re.search(r"Your code is (\S+)", mail.outbox[-1].body)
        self.alice.get_by_label("Code").fill(code.group(1))
        self.alice.get_by_role("button", name="Confirm", exact=True).click()

    def she_tells_about_herself(self):
        self.step(self.alice, "About you")
        answers = {
            "Full legal name": "Alice Doe",
            "Date of birth": "1991-05-04",
            "Your phone number": "312-555-0123",
            "Their full name": "Sam Doe",
            "Who they are to you": "Brother",
            "Their phone number": "312-555-0199",
        }
        for label, answer in answers.items():
            self.alice.get_by_label(label).fill(answer)
        self.alice.locator("main form button.btn").last.click()

    def she_signs_the_consents(self):
        self.step(self.alice, "Read and sign")
        for box in self.alice.get_by_role("checkbox").all():
            box.check()
        self.alice.get_by_label("Your full name").fill("Alice Doe")
        self.alice.get_by_role("button", name="Sign and go on").click()

    # Card and confirmation

    def she_adds_a_card_after_one_is_refused(self):
        self.step(self.alice, "Add a card")
        self.alice.get_by_role("button", name="Add a card").click()
        self.step(self.alice, "Type a test card")
        expect(self.alice.get_by_text("TEST: no money moves.")).to_be_visible()
        self._type_card("4000 0000 0000 0002")
        expect(self.alice.locator(".error").first).to_be_visible()
        self.step(self.alice, "Type a test card")
        self._type_card("4242 4242 4242 4242")

    def _type_card(self, number: str):
        self.alice.get_by_label("Card number").fill(number)
        self.alice.get_by_label("Valid until").fill("12/34")
        self.alice.get_by_label("Security code").fill("123")
        self.alice.get_by_role("button", name="Save the card").click()

    def she_confirms(self):
        self.step(self.alice, "Look it over")
        expect(self.alice.get_by_text("Visa ending in 4242")).to_be_visible()
        self.alice.get_by_role("button", name="Confirm this visit").click()

    def page_mail_and_invitation_show_the_same_time(self):
        self.step(self.alice, "Visit with Bob Ray")
        visit = Appointment.objects.get()
        words = zones.full(visit.starts_at, CHICAGO)
        expect(self.alice.locator("time").first).to_have_text(words)
        wait_until(lambda: [letter for letter in mail.outbox if letter.attachments])
        letter = next(m for m in mail.outbox if m.to == [ALICE] and m.attachments)
        assert words in letter.body
        assert not re.search(r"therap|psych|Bob|clinic", letter.subject + letter.body, re.I)
        file = self.alice.request.get(f"/visits/{visit.id}/invitation.ics")
        event = icalendar.Calendar.from_ical(file.body()).walk("VEVENT")[0]
        assert event["DTSTART"].dt == visit.starts_at
        assert words in str(event["DESCRIPTION"])

    # The visit

    def she_checks_in_where_he_is_not_licensed(self):
        self.alice.get_by_role("link", name="Join the visit").click()
        self.step(self.alice, "Check in")
        self._check_in("TX")
        self.step(self.alice, "We cannot start this visit today")
        expect(self.alice.get_by_label("The address where you are")).to_have_value("12 Elm Street")

    def she_checks_in_from_home(self):
        self._check_in("IL")
        self.step(self.alice, "Camera and microphone")
        expect(self.alice.locator("[data-level-words]")).to_have_text("We hear you.")
        self.alice.get_by_role("link", name="Go to the waiting room").click()
        self.step(self.alice, "You are in the waiting room")

    def _check_in(self, state: str):
        self.alice.get_by_label("Which state are you in right now?").select_option(state)
        self.alice.get_by_label("Yes").check()
        self.alice.get_by_label("The address where you are").fill("12 Elm Street")
        self.alice.get_by_label("I am somewhere nobody else can hear me").check()
        self.alice.get_by_role("button", name="Continue").click()

    def dr_bob_sees_her_wait_without_reloading(self):
        room = self.dr_bob.locator("main").get_by_role("link", name=re.compile("Alice Doe")).first
        expect(self.dr_bob.get_by_role("heading", name="In the room")).to_be_visible()
        self.step(self.dr_bob, "Today")
        room.click()
        self.step(self.dr_bob, "Alice Doe is waiting")

    def he_admits_her_and_they_see_and_hear_each_other(self):
        self.dr_bob.get_by_role("button", name="Admit Alice Doe").click()
        for page in (self.alice, self.dr_bob):
            expect(page.locator("[data-status]")).to_have_text("Connected.")
            wait_until_seen(page)
            assert energy_gained(page) > 0
            self.axe(page)
        wait_until(lambda: VideoSession.objects.get().status == "live")

    def fifty_three_minutes_pass(self):
        room = VideoSession.objects.get()
        room.live_at -= timedelta(minutes=53)
        room.save()

    def he_ends_it_and_writes_the_note(self):
        self.dr_bob.get_by_role("button", name="End visit").click()
        expect(self.alice.get_by_role("heading", level=1)).to_have_text("The visit has ended")
        self.axe(self.alice)
        self.step(self.dr_bob, "Note for Alice Doe")
        self.dr_bob.get_by_role("button", name="Sign and finish").click()
        expect(self.dr_bob.locator(".error").first).to_be_visible()
        self.dr_bob.get_by_label("Your note").fill("We spoke about sleep. A diary until next week.")
        self.dr_bob.get_by_role("button", name="Sign and finish").click()

    # Money

    def he_confirms_the_charge_of_what_happened(self):
        self.step(self.dr_bob, "Charge for the visit")
        charge = Charge.objects.get()
        assert (charge.cpt, charge.modifier, charge.place_of_service) == ("90837", "95", "10")
        assert charge.appointment.status == Appointment.Status.FULFILLED
        self.dr_bob.get_by_role("button", name="Confirm the charge of $150.00").click()
        expect(self.dr_bob.get_by_text("Confirmed and paid.")).to_be_visible()
        self.axe(self.dr_bob)

    def she_sees_the_receipt(self):
        self.alice.goto(f"/visits/{Appointment.objects.get().id}/")
        self.alice.get_by_role("link", name="See the payment").click()
        self.step(self.alice, "Receipt")
        expect(self.alice.get_by_text("Paid in full: $150.00.")).to_be_visible()

    def the_biller_sees_entry_fee_and_payout(self):
        payment = Payment.objects.get()
        assert (payment.amount_cents, payment.fee_cents) == (15000, 465)  # 2.9 % and 30 cents
        self.biller.goto("/ledger/")
        self.step(self.biller, "Ledger")
        for amount in ("$150.00", "$4.65", "$145.35"):
            expect(self.biller.get_by_text(amount).first).to_be_visible()

    # Between visits

    def they_write_to_each_other_without_reloading(self):
        self.alice.goto(f"/visits/{Appointment.objects.get().id}/")
        self.alice.goto("/messages/")
        self.alice.locator("main").get_by_role("button", name=re.compile("Bob Ray")).click()
        self.step(self.alice, "Bob Ray")
        self.dr_bob.goto(self.alice.url)
        self._write(self.alice, "Two nights without waking.")
        expect(self.dr_bob.get_by_role("log")).to_contain_text("Two nights without waking.")
        self._write(self.dr_bob, "Good to hear.")
        expect(self.alice.get_by_role("log")).to_contain_text("Good to hear.")
        self.step(self.dr_bob, "Alice Doe")

    def _write(self, page: Page, words: str):
        page.get_by_label("Your message").fill(words)
        page.get_by_role("button", name="Send").click()


@pytest.fixture
def story(page_for, dr_bob, biller, axe, around_the_clock, simulator):
    his = page_for(dr_bob.user, **DESK)
    his.goto("/home/")
    return Story(page_for(None, **PHONE), his, page_for(biller, **DESK), axe)


def test_a_first_visit_from_search_to_payment(story, mailoutbox):
    # Given
    story.alice_looks_for_someone_in_illinois()
    story.she_chooses_the_first_time()
    story.she_signs_up_and_confirms_her_address()
    story.she_tells_about_herself()
    story.she_signs_the_consents()
    story.she_adds_a_card_after_one_is_refused()
    story.she_confirms()
    story.page_mail_and_invitation_show_the_same_time()

    # When
    story.she_checks_in_where_he_is_not_licensed()
    story.she_checks_in_from_home()
    story.dr_bob_sees_her_wait_without_reloading()
    story.he_admits_her_and_they_see_and_hear_each_other()
    story.fifty_three_minutes_pass()
    story.he_ends_it_and_writes_the_note()

    # Then
    story.he_confirms_the_charge_of_what_happened()
    story.she_sees_the_receipt()
    story.the_biller_sees_entry_fee_and_payout()
    story.they_write_to_each_other_without_reloading()
