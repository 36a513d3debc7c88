"""Goal row 25: a marked patient walks through everything; none of her words gets out.

Web server and worker are processes of their own that log at DEBUG. She comes twice: where the
database does all, and where Redis carries cache, sockets and the broker.
"""

import base64
import json
import re
import secrets
import zlib
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from websockets.sync.client import connect

from accounts.models import Patient
from appointments.models import Appointment, AvailabilityRule
from billing.models import Charge
from core.session_store import SessionStore
from messaging.models import Attachment
from sessions.models import VideoSession
from tests.factories import HOUR, PASSWORD, VISIT
from tests.live_site import wait_until
from tests.redis import running_redis
from tests.security import sinks
from tests.security.canary import dump
from tests.security.whole_site import PATIENCE, Browser, running_site
from tests.signing_in import cookie_of, signed_in
from tests.web_role import as_owner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

MARK = f"zanzibär{secrets.token_hex(3)}"  # of this run alone: no leftover of another is found
ACCOUNT = f"quillfeather{secrets.token_hex(3)}"
EMAIL = f"{ACCOUNT}@example.com"
PHONE, ITS_DIGITS, BORN = "202-555-0147", "2025550147", "1931-07-19"
SECRET = f"{PASSWORD} {secrets.token_hex(3)}"
CARD = "5555 5555 5555 4444"
ABOUT_HER = [MARK, PHONE, ITS_DIGITS, BORN, "July 19, 1931", SECRET, CARD, CARD.replace(" ", "")]
WORDS = [*ABOUT_HER, ACCOUNT]


@pytest.fixture(params=["database", "redis"])
def redis_url(request, tmp_path):
    if request.param == "database":
        yield ""
        return
    folder = tmp_path / "redis"
    folder.mkdir()
    with running_redis(folder) as url:
        yield url


@pytest.fixture
def around_the_clock(dr_bob):
    dr_bob.availability_rules.all().delete()
    for weekday in range(7):
        AvailabilityRule.objects.create(
            provider=dr_bob, weekday=weekday, from_minute=0, to_minute=1440
        )
    dr_bob.schedule.lead_minutes = 0
    dr_bob.schedule.save()


@pytest.fixture
def site(dr_bob, biller, around_the_clock, redis_url, tmp_path):
    with running_site(tmp_path, redis_url=redis_url) as site:
        yield site


class Seat:
    def __init__(self, opened, epoch):
        self.opened, self.epoch, self.seq = opened, epoch, 0

    def say(self, kind, **body):
        self.seq += 1
        head = {"v": 1, "t": kind, "epoch": self.epoch, "seq": self.seq}
        self.opened.send(json.dumps(head | body))


class Story:
    """One visit from the search to the erasure, by the addresses that browsers use."""

    def __init__(self, site, dr_bob, biller):
        self.site = site
        self.hers = Browser(site)
        self.his = Browser(site, cookie_of(signed_in(dr_bob.user)))
        self.billers = Browser(site, cookie_of(signed_in(biller)))
        self.biller = biller
        self.relay_names: list[str] = []

    def code(self, number):
        """The code of the first letter that has one, of the second, …"""

        def codes():
            letters = sorted(self.site.letters.iterdir(), key=lambda file: file.stat().st_mtime_ns)
            return re.findall(r"Your code is (\S+)", "".join(file.read_text() for file in letters))

        wait_until(lambda: len(codes()) > number, patience=PATIENCE)
        return codes()[number]

    def she_holds_a_time_and_signs_up(self):
        page = self.hers.open("/?state=IL").text
        slot = re.search(r'name="starts_at" value="([^"]+)"', page)[1]
        hold = {"provider": "bob-ray", "state": "IL", "starts_at": slot}
        signing_up = self.hers.send("/holds/", hold, page="/?state=IL").url
        form = {"email": EMAIL, "password1": SECRET, "next": self.onward()}
        self.hers.send(signing_up, form)
        self.hers.send("/account/confirm-email/", {"code": self.code(0)})

    def onward(self):
        return f"/booking/{Appointment.objects.get().id}/"

    def she_tells_about_herself(self):
        about = {
            "who": "child",
            "guardian_name": f"{MARK} Mother",
            "guardian_relation": f"{MARK} kin",
            "legal_name": f"{MARK} Doe",
            "preferred_name": f"{MARK} called",
            "date_of_birth": BORN,
            "phone": PHONE,
            "state": "IL",
            "zone": "America/Chicago",
            "emergency_name": f"{MARK} Friend",
            "emergency_relation": f"{MARK} bond",
            "emergency_phone": PHONE,
        }
        self.hers.send("/account/about-you/", about, expect=422)  # at her age she has no guardian
        self.hers.send("/account/about-you/", about | {"who": "me", "zone": MARK}, expect=422)
        self.hers.send("/account/about-you/", about | {"who": "me"})

    def she_consents_and_adds_a_card(self):
        page = self.hers.open("/consents/").text
        hashes = dict(re.findall(r'name="(sha256-[\w-]+)" value="(\w+)"', page))
        ticks = {name.replace("sha256", "agree"): "on" for name in hashes}
        self.hers.send("/consents/", {**hashes, **ticks, "signed_name": f"{MARK} Typo"}, expect=422)
        self.hers.send("/consents/", {**hashes, **ticks, "signed_name": f"{MARK} Doe"})
        checkout = self.hers.send("/card/", {"next": self.onward()}).url
        card = {"number": CARD, "expires": "12/34", "cvc": "123"}
        self.hers.send(checkout, card)

    def she_confirms(self):
        visit = Appointment.objects.get()
        self.hers.send(f"/booking/{visit.id}/review/", {})
        self.hers.open(f"/visits/{visit.id}/invitation.ics")
        assert Appointment.objects.get().status == "booked"
        self.bring_it_near()

    def bring_it_near(self):
        """The visit is in five minutes, whatever the clock says."""
        at = timezone.now() + timedelta(minutes=5)
        times = {"starts_at": at, "ends_at": at + VISIT}
        block = {"block_starts_at": at, "block_ends_at": at + HOUR}
        Appointment.objects.update(**times, **block)
        self.visit = Appointment.objects.get()

    def she_checks_in(self):
        where = {
            "address": f"12 {MARK} Street",
            "is_at_home": "yes",
            "callback_phone": PHONE,
            "is_private": "on",
        }
        check_in = f"/visits/{self.visit.id}/check-in/"
        self.hers.send(check_in, where | {"state": "TX"}, expect=409)
        self.hers.send(check_in, where | {"state": "IL"})
        self.hers.open(f"/visits/{self.visit.id}/room/")

    def they_meet(self):
        with self.socket(self.hers) as hers, self.socket(self.his) as his:
            hers.say("knock")
            wait_until(lambda: VideoSession.objects.get().status == "waiting")
            self.his.open(f"/visits/{self.visit.id}/room/")
            self.his.open(f"/visits/{self.visit.id}/room/facts/")
            his.say("desc", call="c1", type="offer", sdp="v=0")
            his.say("admit")
            wait_until(lambda: VideoSession.objects.get().status == "admitted")
            hers.say("connected", call="c1")
            his.say("connected", call="c1")
            wait_until(lambda: VideoSession.objects.get().status == "live")
            room = VideoSession.objects.get()
            room.live_at -= timedelta(minutes=53)
            room.save()
            his.say("end")
            wait_until(lambda: VideoSession.objects.get().status == "ended")

    @contextmanager
    def socket(self, browser):
        path = f"/ws/session/{VideoSession.objects.get().pk}/"
        address = self.site.address.replace("http", "ws") + path
        headers = {"Cookie": browser.cookie}
        with connect(address, origin=self.site.address, additional_headers=headers) as opened:
            welcome = json.loads(opened.recv(PATIENCE))
            self.relay_names += [server["username"] for server in welcome["ice"]]
            yield Seat(opened, welcome["epoch"])

    def he_writes_the_note_and_the_charge(self):
        note = f"/visits/{self.visit.id}/note/"
        revision = re.search(r'name="revision" value="(\d+)"', self.his.open(note).text)[1]
        words = {"body": f"{MARK} slept badly.", "revision": revision}
        self.his.send(note, {**words, "deed": "sign"})
        alone = f"/patients/{self.visit.patient.ref}/private-notes/"
        known_as = "00000000-0000-4000-8000-000000000003"
        self.his.send(alone, {"note_id": known_as, "body": f"{MARK} alone."})
        self.his.open(f"/private-notes/{known_as}/")
        charge = Charge.objects.get()
        path = f"/charges/{charge.pk}/"
        self.his.send(f"{path}confirmation/", {}, page=path)
        wait_until(lambda: Charge.objects.get().payments.filter(status="succeeded").exists())
        self.hers.open(f"/receipts/{charge.pk}/")
        self.billers.open("/ledger/")
        self.billers.open("/claims/")

    def they_write(self):
        self.hers.send(f"/visits/{self.visit.id}/thread/", {}, page=f"/visits/{self.visit.id}/")
        thread = f"/messages/{self.visit.patient.threads.get().pk}/"
        for browser, number in ((self.hers, 1), (self.his, 2)):
            message = {"message_id": f"00000000-0000-4000-8000-00000000000{number}"}
            browser.send(thread, {**message, "body": f"{MARK} wrote to you."})
        file = {"uploads": (f"{MARK}.txt", f"{MARK} in a file.".encode(), "text/plain")}
        message = {"message_id": "00000000-0000-4000-8000-000000000003", "body": f"{MARK} sent it."}
        self.hers.send(thread, message, files=file)
        wait_until(lambda: Attachment.objects.get().status == "clean", patience=PATIENCE)
        self.his.open(thread)
        self.his.open("/home/")

    def what_she_asks_fails_within(self):
        """A table refuses every row: the traceback of that is in the log, her words are in hand."""
        named = {**self.about_now(), "legal_name": f"{MARK} Newname"}
        message = {"message_id": "00000000-0000-4000-8000-000000000009", "body": f"{MARK} again"}
        thread = f"/messages/{self.visit.patient.threads.get().pk}/"
        with refusing("accounts_patient"):
            self.hers.send("/account/about-you/", named, page="/home/", expect=500)
        with refusing("messaging_message"):
            self.hers.send(thread, message, page="/home/", expect=500)
        second, account = Browser(self.site), {"email": f"second.{EMAIL}", "password1": SECRET}
        second.send("/account/signup/", account)
        with refusing("account_emailaddress"):
            second.send("/account/confirm-email/", {"code": self.code(1)}, expect=500)

    def about_now(self):
        return {
            "who": "me",
            "date_of_birth": BORN,
            "phone": PHONE,
            "state": "IL",
            "zone": "America/Chicago",
            "emergency_name": f"{MARK} Friend",
            "emergency_relation": "friend",
            "emergency_phone": PHONE,
        }

    def she_asks_oddly(self):
        """What cannot be read is answered, and not repeated in a log."""
        odd = Browser(self.site, self.hers.web.cookies[settings.SESSION_COOKIE_NAME])
        for path in (f"/{MARK}/", f"/?state={MARK}", f"/therapists/{MARK}/", f"/?q={PHONE}%00"):
            odd.web.get(odd.full(path), timeout=PATIENCE)
        odd.web.post(odd.full("/holds/"), {"state": MARK}, timeout=PATIENCE)  # without a token

    def she_is_erased(self):
        patient = Patient.objects.get()
        because = ["--reason", "request", "--by", self.biller.email]
        self.site.command("erase_patient", str(patient.ref), *because)
        self.his.open("/home/")


@contextmanager
def refusing(table):
    alter(f"ALTER TABLE {table} ADD CONSTRAINT refuses_all CHECK (false) NOT VALID")
    yield
    alter(f"ALTER TABLE {table} DROP CONSTRAINT refuses_all")


def alter(statement):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement)


def overhear_database():
    connection.ensure_connection()
    address = connection.connection.info
    return sinks.listening_to_postgres(address.dsn, address.password)


def overhear_redis(url):
    return sinks.listening_to_redis(url) if url else nullcontext(sinks.Overheard())


def left_in(site):
    """Every file under the site's own folder: broker, anchors, mailbox, keys, static files."""
    files = [file for file in site.data.rglob("*") if file.is_file()]
    return {f"file {file.relative_to(site.data)}": file.read_bytes() for file in files}


def sessions():
    keys = Session.objects.values_list("session_key", flat=True)
    return "\n".join(json.dumps(SessionStore(key).load()) for key in keys)


def wrongly_in_letters(site):
    """Her own address may stand in letters to herself, and nowhere else; her words in none."""
    for file in site.letters.iterdir():
        to, text = sinks.texts_of(file)
        yield f"letter to {to}", sinks.found(ABOUT_HER if EMAIL in to else WORDS, text)


@pytest.mark.journey
def test_none_of_her_words_gets_out(site, dr_bob, biller, redis_url):
    # Given
    story = Story(site, dr_bob, biller)

    # When
    with overhear_database() as notices, overhear_redis(redis_url) as redis:
        story.she_holds_a_time_and_signs_up()
        story.she_tells_about_herself()
        story.she_consents_and_adds_a_card()
        story.she_confirms()
        story.she_checks_in()
        story.they_meet()
        story.he_writes_the_note_and_the_charge()
        story.they_write()
        story.what_she_asks_fails_within()
        story.she_asks_oddly()
        in_use, kept = dump("--data-only"), sessions()
        story.she_is_erased()

    # Then: each place has been written to, and none of it is hers
    told = {
        "notices": notices.text,
        "addresses and headers": "\n".join(story.hers.met + story.his.met + story.billers.met),
        "names for the relay": "\n".join(story.relay_names),
        **site.logs(),
    }
    if redis_url:
        told["redis"] = redis.text
    assert [place for place, text in told.items() if not text and place != "commands.log"] == []
    found = [(place, sinks.found(WORDS, text)) for place, text in told.items()]
    found += [(place, sinks.found(WORDS, text)) for place, text in left_in(site).items()]
    found += [
        ("database", sinks.found(WORDS, in_use)),
        ("sessions", sinks.found(ABOUT_HER, kept)),
    ]
    found += wrongly_in_letters(site)
    assert [(place, words) for place, words in found if words] == []


def test_the_search_finds_a_word_however_it_is_packed():
    word = "Zanzibär Quill"
    packed = base64.b64encode(zlib.compress(json.dumps({"name": word}).encode()))
    odd = base64.urlsafe_b64encode(f"x{word}".encode())

    for blob in (word, word.upper(), quote(word), quote_plus(word), json.dumps(word), packed, odd):
        assert sinks.found([word], blob) == [word], blob
    assert sinks.found([word], base64.b64encode(b"nothing of hers is in here")) == []
