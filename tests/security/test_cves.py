"""What happened to others, as tests of ours. Each is named after the record it comes from.

Those that do not apply yet are listed in docs/security.md.
"""

import ast
import hashlib
import hmac
import json
import re
import time

import pytest
import websockets
from django.conf import settings
from django.urls import reverse

from accounts.care_team import CareRelationship
from accounts.models import Membership, Patient, Provider, User
from appointments.models import Appointment
from billing.models import Charge, WebhookEvent
from core.models import Duty
from messaging.models import Message, Thread
from telehealth.headers import CLOSED, OPEN
from tests.house.repository import models, ours, tree
from tests.live_site import serving
from tests.security.expected import OF_THE_TWO, TABLE
from tests.security.test_matrix import address
from tests.security.world import ACTORS, EVERYBODY, OBJECTS

SECRET = "whsec_of_the_tests"


FIELDS = sorted({field.attname for model in models() for field in model._meta.concrete_fields})
GUARDED = {  # model: columns that no form of anybody's may set
    User: ["pk", "email", "is_active", "password", "date_joined"],
    Membership: ["pk", "user_id", "practice_id", "role"],
    Patient: ["pk", "ref", "user_id", "practice_id"],
    Provider: ["pk", "user_id", "practice_id", "fee_cents", "npi", "slug", "is_accepting"],
    Appointment: ["pk", "provider_id", "patient_id", "fee_cents", "starts_at", "status"],
    Charge: ["pk", "appointment_id", "amount_cents", "cpt", "status", "confirmed_by_id"],
    CareRelationship: ["pk", "patient_id", "person_id", "role", "starts_at"],
    Thread: ["pk", "patient_id", "provider_id"],
}
LEGITIMATE = {  # what these addresses are there to change
    "accounts:create_reopening": {"CareRelationship"},
    "accounts:care_team": {"CareRelationship"},
    "messaging:create_thread": {"Thread"},
    "accounts:closing": {"User"},  # which is what it is for
}


def picture():
    return {
        model: list(model.objects.order_by("pk").values_list(*columns))
        for model, columns in GUARDED.items()
    }


def hostile(world):
    """A value for every field of every model: the other practice's ids, a higher role, no price."""
    away = world.people["patient elsewhere"]
    values = dict.fromkeys(FIELDS, "1")
    values |= {name.removesuffix("_id"): "1" for name in FIELDS if name.endswith("_id")}
    own = {"role": "practice-admin", "status": "fulfilled", "is_active": "0", "fee_cents": "0"}
    theirs = {"patient": away.pk, "patient_id": away.pk, "pid": away.pk, "user": away.user_id}
    money = {"amount_cents": "0", "practice": away.practice_id, "practice_id": away.practice_id}
    return values | own | theirs | money | {"email": "taken@example.com", "ref": str(away.ref)}


@pytest.mark.journey
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(n for n in TABLE if "POST" in TABLE[n][0]))
def test_cve_2026_23478_every_field_posted_to_every_form_changes_nothing_guarded(world, name):
    """Cal.com: a session update accepted an e-mail. Goal row 45."""
    before, sent = picture(), hostile(world)
    changed = []
    legitimate = LEGITIMATE.get(name, set())
    for actor in ["visitor", *ACTORS]:
        where = address(name, world.ids["own"])
        _, after = world.ask(actor, "POST", where, sent, then=picture)
        changed += [(actor, m.__name__) for m in after if after[m] != before[m]]
    assert [(actor, m) for actor, m in changed if m not in legitimate] == []


PATIENT_KEYS = ["pid", "patient", "patient_id", "user", "user_id", "id", "ref"]


@pytest.mark.parametrize("key", PATIENT_KEYS)
def test_cve_2026_25147_no_key_of_a_request_selects_the_patient(sign_in, alice, mallory, key):
    """OpenEMR: the portal's payment page trusted `pid`."""
    hers, value = sign_in(alice.user), {key: mallory.pk}

    pages = [
        hers.get(reverse(name), value).content.decode()
        for name in ("accounts:about_you", "billing:card", "home", "appointments:list")
    ]
    hers.post(reverse("accounts:about_you"), value | {"legal_name": "Alice Was Here"})

    mallory.refresh_from_db()
    assert [page for page in pages if "Mallory" in page] == []
    assert mallory.legal_name == "Mallory Moe"


def test_cve_2026_33931_nobody_pays_or_reads_anothers_receipt(world, db, monkeypatch):
    """OpenEMR: receipts by id. No call to the card network either."""
    asked = []
    monkeypatch.setattr("billing.gateways.connect", lambda **_: asked.append(1))
    hers = world.browsers["patient"]

    answers = [
        hers.generic(method, address(name, world.ids[thing])).status_code
        for thing in ("other", "child", "other practice")
        for name, method in (("billing:receipt", "GET"), ("billing:create_payment", "POST"))
    ]

    assert (set(answers), asked) == ({404}, [])


def test_cve_2026_34055_a_message_is_not_reached_through_another_thread(world, db):
    """OpenEMR: children by id, whatever parent the address named."""
    theirs = Message.objects.get(thread=world.ids["other"]["thread_id"])
    words = {"message_id": str(theirs.pk), "body": "Mine now"}

    where = address("messaging:thread", world.ids["own"])
    answer, _ = world.ask("patient", "POST", where, words)

    theirs.refresh_from_db()
    assert (answer.status_code, theirs.body) == (409, "Hello")


def test_cve_2026_25929_and_33934_a_file_is_found_by_whose_it_is_and_not_by_its_id(world, db):
    """OpenEMR: the photo of any patient, the signature of anybody, for whoever named them."""
    served = {
        (who, thing)
        for who in EVERYBODY
        for thing in OBJECTS
        if world.ask(who, "GET", address("messaging:attachment", world.ids[thing]))[0].content
        == b"Seen"
    }

    assert served == {
        (who, thing) for who, things in OF_THE_TWO.items() for thing in things.split(", ")
    }


def test_cve_2026_25745_numbers_of_messages_stay_in_their_thread(world, db):
    page = (
        world.browsers["patient"]
        .get(address("messaging:missed", world.ids["own"] | {"after": 0}))
        .content.decode()
    )

    assert page.count("Hello") == 1


ODD_KEYS = ["order_by", "sort", "_connector", "provider__user__password", "id__in", "__class__"]


@pytest.mark.django_db
@pytest.mark.parametrize("key", ODD_KEYS)
@pytest.mark.parametrize("name", ["appointments:directory", "billing:ledger", "billing:claims"])
def test_cve_2026_24908_and_2025_64459_unknown_keys_reach_no_query(world, name, key, settings):
    """OpenEMR, Django: keys of a request became SQL. Ours are read by forms, which name theirs."""
    browser = world.browsers["billing"]
    plain = browser.get(reverse(name), {"state": "IL"})

    odd = browser.get(reverse(name), {"state": "IL", key: "1) OR 1=1 --"})

    assert odd.status_code == plain.status_code == 200
    assert same(odd) == same(plain)


FILTERS = {  # every key that picks rows, and a value that is none of its choices
    "appointments:directory": {
        "state": "1 OR 1=1", "concern": "id", "language": "xx", "payer": "nobody", "max_fee": "1;2",
    },
    "billing:ledger": {"day": "2026-12-03' OR 'a'='a"},
    "accounts:access_log": {"action": "1 OR 1=1", "from_day": "soon", "to_day": "'"},
}  # fmt: skip
READERS = {"billing:ledger": "billing", "accounts:access_log": "privacy officer"}
WRONG = [(name, key) for name, keys in FILTERS.items() for key in keys]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "key"), WRONG)
def test_cve_2026_24908_a_wrong_value_of_a_filter_is_refused_calmly(world, name, key):
    """Keys and values come from lists. What is not in them is said on the page itself."""
    browser = world.browsers[READERS.get(name, "visitor")]

    answer = browser.get(reverse(name), {"state": "IL", key: FILTERS[name][key]})

    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()


def test_cve_2026_24908_nothing_is_ordered_by_a_word_of_a_request():
    """There is no key for the order; where one comes, it is a list of choices in a form."""
    ordered = [
        f"{name}:{node.lineno}"
        for name in ours(".py")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("order_by", "extra", "raw", "alias")
        and any(re.search(r"request|cleaned_data|params", ast.unparse(a)) for a in node.args)
    ]

    assert ordered == []


def same(response):
    """The page without what differs each time."""
    return re.sub(r"csrf\w*\W+[^>]*", "", response.content.decode()).replace("OR 1=1", "")


def test_cve_2025_64459_no_request_is_spread_into_a_query():
    spread = [
        f"{name}:{node.lineno}"
        for name in ours(".py")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.keyword)
        and node.arg is None
        and re.search(r"request\.(GET|POST|body|headers)", ast.unparse(node.value))
    ]

    assert spread == []


def signed(body, *, at=None, secret=SECRET):
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def event(**fields):
    values = {"id": "evt_1", "object": "event", "type": "payout.paid", "livemode": False}
    return json.dumps(values | {"data": {"object": {"id": "po_1", "object": "payout"}}} | fields)


BODY = event().encode()
NOW = int(time.time())
FORGERIES = {  # what arrives: body, signature
    "no signature": (BODY, ""),
    "a word": (BODY, "hello"),
    "only a time": (BODY, f"t={NOW}"),
    "only a digest": (BODY, signed(BODY).partition(",")[2]),
    "an empty digest": (BODY, f"t={NOW},v1="),
    "another secret": (BODY, signed(BODY, secret="whsec_other")),
    "the empty secret": (BODY, signed(BODY, secret="")),
    "the secret's prefix": (BODY, signed(BODY, secret="whsec_")),
    "version 0 only": (BODY, signed(BODY).replace("v1=", "v0=")),
    "six minutes old": (BODY, signed(BODY, at=NOW - 3600)),
    "from the future": (BODY, signed(BODY, at=NOW + 3600)),
    "time moved on": (BODY, signed(BODY, at=NOW - 10).replace(str(NOW - 10), str(NOW))),
    "body changed": (BODY.replace(b"po_1", b"po_2"), signed(BODY)),
    "a byte more": (BODY + b" ", signed(BODY)),
    "two times": (BODY, f"t={NOW - 9}," + signed(BODY)),
    "two headers in one": (BODY, signed(BODY, secret="x") + ", " + signed(BODY, secret="y")),
    "not JSON": (b"not json", signed(b"not json")),
    "a list": (b"[]", signed(b"[]")),
    "a live event at a test site": (
        event(livemode=True).encode(),
        signed(event(livemode=True).encode()),
    ),
    "an id of another kind": (event(id=7).encode(), signed(event(id=7).encode())),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_cve_2026_21894_a_forged_webhook_is_refused_and_leaves_no_row(
    client, db, settings, forgery
):
    """n8n, New API: signatures not checked, or with the empty key. Goal row 27: 20 variants."""
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    body, signature = FORGERIES[forgery]
    before = (WebhookEvent.objects.count(), Duty.objects.count())

    answer = client.post(
        reverse("billing:stripe_webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )

    assert answer.status_code == 400
    assert (WebhookEvent.objects.count(), Duty.objects.count()) == before


def test_the_forgeries_are_told_from_the_true_one(client, db, settings):
    settings.STRIPE_WEBHOOK_SECRET = SECRET

    answer = client.post(
        reverse("billing:stripe_webhook"),
        BODY,
        content_type="application/json",
        headers={"Stripe-Signature": signed(BODY)},
    )

    assert (len(FORGERIES), answer.status_code, WebhookEvent.objects.count()) == (20, 200, 1)


@pytest.mark.asyncio
async def test_cve_2026_44545_a_frame_of_a_mebibyte_closes_the_socket():
    """Daphne: frames without a limit. The server itself ends it, before any code of ours."""

    async def swallow(scope, receive, send):
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    with serving(swallow) as site:
        async with websockets.connect(site.replace("http", "ws"), max_size=None) as socket:
            await socket.send("x" * 1024 * 1024)
            await socket.wait_closed()

    assert socket.close_code == 1009


CRAWLED = sorted(name for name, row in TABLE.items() if "GET" in row[0])
FOREIGN = re.compile(r'(?:src|href|action)="(https?:)?//(?!127\.0\.0\.1)([^"/]+)')
LINKS_OUT = {"www.weather.gov"}  # the quick exit, which is a link and loads nothing


@pytest.mark.journey
@pytest.mark.django_db
@pytest.mark.parametrize("name", CRAWLED)
def test_zulip_2021_every_signed_in_answer_is_kept_from_caches_and_strangers(world, name):
    """Zulip: a cache showed people each other's pages. Goal row 26: all pages x roles."""
    faults = []
    for actor in ["visitor", *ACTORS]:
        answer, _ = world.ask(actor, "GET", address(name, world.ids["own"]))
        faults += [f"{actor}: {fault}" for fault in header_faults(answer, name, actor)]
    assert faults == []


def header_faults(answer, name, actor):
    headers, body = answer.headers, answer.content.decode(errors="replace")
    if headers.get("Cache-Control") != "no-store, private" and "no-store" not in headers.get(
        "Cache-Control", ""
    ):
        yield "may be cached"
    if actor != "visitor" and name != "help_now" and "Cookie" not in headers.get("Vary", ""):
        yield "does not vary by cookie"
    if "default-src 'none'" not in headers.get("Content-Security-Policy", ""):
        yield "has no content security policy"
    in_room = name.startswith("video:room")
    if headers.get("Permissions-Policy") != (OPEN if in_room else CLOSED):
        yield "has another permissions policy"
    if strangers := {host for _, host in FOREIGN.findall(body)} - LINKS_OUT:
        yield f"names {strangers}"


def test_cve_2022_31134_there_is_no_export_that_the_matrix_does_not_know():
    """Zulip: an export held what its reader could not see. There is one, of the officer's own
    practice (tests/accounts/test_trail.py); a second would be red."""
    assert [name for name in TABLE if "export" in name] == ["accounts:access_export"]
    assert settings.INSTALLED_APPS.count("django.contrib.admin") == 0
