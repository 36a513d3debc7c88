"""Goal row 19: markup in every text that people can fill, and every page of everybody in Chromium.

No dialog opens, nothing is asked of another host, the browser reports no breach of the content
security policy, and no element of ours has come from a text.
"""

import re
from html.parser import HTMLParser
from http import HTTPStatus

import pytest
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core import mail
from django.db import DataError, IntegrityError, InternalError, models, transaction
from django.utils import timezone

from appointments import notices
from appointments.models import Appointment
from core import duties
from core.models import Duty
from sessions.models import CheckIn, VideoSession
from tests.house.repository import models as all_models
from tests.journeys.conftest import (  # noqa: F401 -- fixtures
    application,
    browser,
    new_context,
    site,
)
from tests.security import world as worlds
from tests.security.expected import TABLE
from tests.security.test_cves import FIELDS
from tests.security.test_matrix import address
from tests.web_role import unguarded

EVIL = "evil.example"
PAYLOADS = [  # the longest that fits: a column may be short
    f'"><img class=xss src=//{EVIL}/x onerror=alert(1)><script class=xss>alert(2)</script>',
    f"'><img class=xss src=//{EVIL}/x onerror=alert(1)>",
    '"><b class=xss onclick=alert(1)>',
    "<b class=xss>",
]
READERS = ["visitor", "patient", "guardian", "own provider", "supervisor", "billing", "front desk",
           "admin", "privacy officer", "peer"]  # fmt: skip
OWN_ROW = {"guardian": "child"}
WITHOUT_WORDS = {"core", "billing"}  # apps that keep codes, references and amounts
CHOSEN_OR_MADE = {  # columns that nobody types: lists, addresses of pages, secrets, hashes
    "zone", "slug", "email", "password", "token_hash", "holder", "sha256", "concerns", "languages",
    "methods", "age_groups", "identities", "forms",
    "weekdays",
}  # fmt: skip
REFUSALS = (IntegrityError, DataError, InternalError)  # the database takes codes only


def text_fields():
    """Every column with words of people: text without choices, sealed text, lists of text."""
    for model in all_models():
        if model._meta.app_label in WITHOUT_WORDS:
            continue
        for field in model._meta.local_concrete_fields:
            is_text = isinstance(field, models.CharField | models.TextField)
            is_sealed = type(field).__name__ == "EncryptedText"
            is_list = isinstance(field, ArrayField)
            is_chosen = field.choices or field.primary_key or field.name in CHOSEN_OR_MADE
            if (is_text or is_sealed or is_list) and not is_chosen:
                yield model, field


def payload(field):
    room = getattr(field, "max_length", None) or 500
    fitting = next((text for text in PAYLOADS if len(text) <= room), None)
    return [fitting] if isinstance(field, ArrayField) else fitting


def check_all_in():
    """Each room has somebody in it who said where she is."""
    for room in VideoSession.objects.all():
        where = {"state": "IL", "address": "12 Elm Street", "callback_phone": "312-555-0123"}
        answers = {"is_at_home": True, "is_private": True, "checked_in_at": timezone.now()}
        CheckIn.objects.create(session=room, **where, **answers)


def fill_all():
    """Put markup into every text of every row. Return the columns that took it."""
    filled = set()
    for model, field in text_fields():
        for row in model._base_manager.all():
            setattr(row, field.attname, payload(field))
            try:
                with transaction.atomic(), unguarded():  # a signed note is not changed otherwise
                    row.save(update_fields=[field.attname])
            except REFUSALS:
                continue
            filled.add(f"{model._meta.label}.{field.name}")
    return filled


FILES = {"appointments:invitation", "mfa_download_recovery_codes", "messaging:attachment"}
MUST_BE_FILLED = {
    *(f"accounts.Patient.{name}" for name in ("legal_name", "preferred_name", "emergency_name",
      "emergency_relation", "guardian_name", "guardian_relation")),
    *(f"accounts.Provider.{name}" for name in ("name", "credentials", "profession", "approach")),
    "accounts.Practice.name", "accounts.Practice.phone", "care.ProgressNote.body",
    "messaging.Message.body", "messaging.Attachment.title", "accounts.Licence.number",
    "video.CheckIn.address",
}  # fmt: skip


class Watched:
    """One reader's browser, and what went wrong in it."""

    def __init__(self, context, home):
        self.home, self.faults = home, []
        self.page = context.new_page()
        self.page.on("dialog", self.dialog)
        self.page.on("request", self.request)
        self.page.on("console", self.console)
        self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            " e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

    def dialog(self, dialog):
        self.faults.append(f"dialog on {self.page.url}")
        dialog.dismiss()

    def request(self, request):
        if not request.url.startswith((self.home, "data:", "blob:", "about:")):
            self.faults.append(f"{self.page.url} asks {request.url}")

    def console(self, message):
        if "CSP " in message.text or "Content Security Policy" in message.text:
            self.faults.append(f"{self.page.url}: {message.text}")

    def look(self, path):
        answer = self.page.goto(path, wait_until="load")
        if self.page.locator(".xss").count():
            self.faults.append(f"{path} has an element that came from a text")
        return answer


def pages_of(reader):
    """Where there is something for this reader; downloads and sockets' parts left out."""
    for name, (methods, audience, _) in sorted(TABLE.items()):
        is_file = name in FILES
        if "GET" in methods and reader in audience and not is_file and name != "account_logout":
            yield name


@pytest.mark.journey
@pytest.mark.timeout(900)
def test_markup_in_every_text_is_text_on_every_page(
    new_context,  # noqa: F811 -- fixtures
    site,  # noqa: F811
    record_property,
):
    world = worlds.build()
    check_all_in()
    filled = fill_all()
    assert filled >= MUST_BE_FILLED

    faults, opened, shown = [], 0, 0
    for reader in READERS:
        context = new_context()
        if reader != "visitor":
            value = world.browsers[reader].cookies[settings.SESSION_COOKIE_NAME].value
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": value, "url": site}])
        watched = Watched(context, site)
        for name in pages_of(reader):
            answer = watched.look(site + address(name, world.ids[OWN_ROW.get(reader, "own")]))
            assert answer.status != HTTPStatus.INTERNAL_SERVER_ERROR, answer.url
            opened += 1
            shown += "&lt;b class=xss" in answer.text() or "&lt;img class=xss" in answer.text()
        faults += [f"{reader}: {fault}" for fault in watched.faults]
        context.close()

    record_property("columns, pages, with markup as text", (len(filled), opened, shown))
    assert faults == []
    assert shown > len(READERS)


class Elements(HTMLParser):
    """Whether any element of a page came from a text."""

    is_hurt = False

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.is_hurt |= values.get("class") == "xss" or any(k.startswith("on") for k in values)


def is_hurt(response):
    parser = Elements()
    parser.feed(response.content.decode(errors="replace"))
    return parser.is_hurt


@pytest.mark.journey
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(n for n in TABLE if "POST" in TABLE[n][0]))
def test_markup_typed_into_a_form_comes_back_as_text(world, name):
    typed = dict.fromkeys(FIELDS, PAYLOADS[0]) | {"next": PAYLOADS[0]}

    hurt = []
    for reader in READERS:
        ids = world.ids[OWN_ROW.get(reader, "own")]
        answer, _ = world.ask(reader, "POST", address(name, ids), typed)
        hurt += [reader] if is_hurt(answer) else []
    assert hurt == []


def test_the_look_at_a_form_would_see_markup():
    parser = Elements()
    parser.feed(f"<p>{PAYLOADS[0]}</p>")
    assert parser.is_hurt


@pytest.mark.django_db
def test_no_markup_gets_into_a_mail_or_an_invitation(world):
    fill_all()
    visit = Appointment.objects.filter(status="fulfilled").first()
    notices.enqueue_confirmation(visit, now=timezone.now())
    duties.sweep(now=timezone.now())

    assert Duty.objects.filter(dead_at=None, done_at=None).count() == 0
    letters = [letter.message() for letter in mail.outbox]
    parts = [part for letter in letters for part in letter.walk() if not part.is_multipart()]
    kinds = {part.get_content_type() for part in parts}
    texts = [part.get_payload(decode=True).decode() for part in parts]
    assert len(letters) == 2
    assert kinds == {"text/plain", "text/calendar"}
    assert [text for text in texts if re.search(r"xss|<|script", text)] == []
