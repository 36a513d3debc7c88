"""Goal row 47: from the bundle alone the record is built again, every field of it.

What belongs to a patient is what the registers of the models (`class Privacy`) declare as PHI. A
new PHI field, or a model with one, is red here until it has a place in the copy or a reason.
"""

import base64
import hashlib
import json
import re
from datetime import UTC, date, datetime, time
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from django.apps import apps
from django.db.models import Model

from accounts.models import Patient
from appointments.models import Appointment
from billing.models import Charge
from care import notes
from care.models import Encounter, ProgressNote
from messaging.models import Message, Thread
from sessions.models import VideoSession
from telehealth.record.shapes import LEFT_OUT, SHAPES
from tests.factories import HOUR, NINE, make_visit
from tests.house.repository import models
from tests.security import record
from tests.security.canary import CANARY

BY_NAME = {shape.name: shape for shape in SHAPES}


@pytest.fixture(autouse=True)
def simulator(settings):
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_SIMULATOR = True


@pytest.fixture
def full(kit, dr_bob, mallory):
    """The child has a row of every kind, in the account of her mother; somebody else has some."""
    record.fill(kit, dr_bob)
    make_visit(dr_bob, mallory, starts_at=NINE + 20 * HOUR)
    record.talk(mallory, dr_bob)
    kit.preferred_name = f"{CANARY} called"
    kit.save()
    return kit


# The registers: red before anything runs.


@pytest.mark.parametrize("model", models(), ids=lambda model: model._meta.label)
def test_every_phi_field_has_a_place_or_a_reason(model):
    name, phi = model._meta.label, set(model.Privacy.phi)
    if not phi or name in LEFT_OUT:
        return
    shape = BY_NAME[name]

    assert phi - set(shape.places) - set(shape.left_out) == set()
    assert set(shape.places) & set(shape.left_out) == set()


def test_nothing_has_a_place_that_does_not_exist():
    for shape in SHAPES:
        fields = {field.name for field in shape.model._meta.concrete_fields}
        columns = {field.attname for field in shape.model._meta.concrete_fields}
        assert {*shape.places, *shape.left_out} - fields - columns == set()


def test_what_is_left_out_as_a_whole_exists():
    assert all(apps.get_model(name) for name in LEFT_OUT)
    assert set(LEFT_OUT) & set(BY_NAME) == set()


# Rebuilding. Written without the code of the copy: a path is walked, a value is read.


def at(resource, place):
    """What stands at the place, or None."""
    if place.startswith("+"):
        own = [
            e for e in resource.get("extension", []) if e["url"] == f"urn:telehealth:{place[1:]}"
        ]
        return next((v for e in own for k, v in e.items() if k.startswith("value")), None)
    for word in place.split("."):
        try:
            resource = resource[int(word) if word.isdecimal() else word]
        except (KeyError, IndexError):
            return None
    return resource


def plain(value):
    """The row's value as people would write it by hand in FHIR."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def read(shape, name, told):
    """Turn what the copy holds back into what the row held."""
    if told is None:
        return None
    if (shape.name, name) in {("care.ProgressNote", "body"), ("care.Addendum", "body")}:
        return base64.b64decode(told).decode()
    if name == "amount_cents" and isinstance(told, dict):
        return round(told["value"] * 100)
    return told


def address(kind, known_as):
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'urn:telehealth:{kind}/{known_as}')}"


def is_same(row, name, told, patient):
    """The copy names a row by the address of its resource, and `told` is what stands there."""
    value = getattr(row, name)
    if name in ("patient_id", "on_behalf_of_id"):  # the trail has numbers, the copy the id
        return told == (f"Patient/{patient.ref}" if value else None)
    if name == "chain":
        return told == str(value)
    if isinstance(value, Model):
        known = str(value.ref) if isinstance(value, Patient) else str(value.pk)
        return told.partition("/")[2] in (known, f"{value._meta.model_name}-{known}")
    return told == (None if value in (None, "") else plain(value))


def id_of(row):
    if isinstance(row, Patient):
        return str(row.ref)
    if isinstance(row.pk, UUID) or row._meta.label == "core.AuditEvent":
        return str(row.pk)
    return f"{row._meta.model_name}-{row.pk}"


def test_the_whole_record_is_built_again_from_the_bundle(full):
    rows = {shape.name: list(shape.rows(full)) for shape in SHAPES}  # before the copy adds to it

    _page, resources, _manifest = record.copy_of(full)

    by_id = {(one["resourceType"], one["id"]): one for one in resources}
    by_address = {address(*known): "/".join(known) for known in by_id}
    compared, wrong = 0, []
    for shape in SHAPES:
        for row in rows[shape.name]:
            resource = by_id[shape.resource, id_of(row)]
            for name, place in shape.places.items():
                compared += 1
                told = read(shape, name, at(resource, place))
                told = by_address.get(told, told) if isinstance(told, str) else told
                if not is_same(row, name, told, full):
                    wrong.append(f"{shape.name}.{name}: {told!r}")
    assert wrong == []
    assert [name for name, found in rows.items() if not found] == []
    assert compared > 200


def addresses(part):
    """Every address of a resource that stands somewhere in this part of a copy."""
    if isinstance(part, dict):
        return {found for value in part.values() for found in addresses(value)}
    if isinstance(part, list):
        return {found for value in part for found in addresses(value)}
    return {part} if str(part).startswith("urn:uuid:") else set()


@pytest.mark.parametrize("to", ["", "Dr. Far"], ids=["hers", "for somebody else"])
def test_every_reference_leads_to_a_resource_of_the_same_copy(full, to):
    _page, resources, _manifest = record.copy_of(full, to=to)

    found = {address(one["resourceType"], one["id"]) for one in resources}
    named = addresses(resources)
    assert named - found == set()
    assert len(named) > 5
    assert not re.search(
        r'"(reference|valueString)": "[A-Z][A-Za-z]+/[0-9a-z]', json.dumps(resources)
    )


def test_a_resource_has_the_same_address_in_each_copy_whatever_the_site_is_called(full, settings):
    first = record.bundle_of(full)
    settings.SITE_URL = "https://elsewhere.example"
    second = record.bundle_of(full)

    for entries in (first, second):
        assert [entry["fullUrl"] for entry in entries] == [
            address(entry["resource"]["resourceType"], entry["resource"]["id"]) for entry in entries
        ]


def test_every_phi_field_is_filled_in_some_row(full):
    """A field that is blank in every row would be compared with nothing."""
    blank = {
        f"{shape.name}.{name}"
        for shape in SHAPES
        for name in shape.places
        if name in shape.model.Privacy.phi
        if all(getattr(row, name) in (None, "") for row in shape.rows(full))
    }

    assert blank == set()


# What policy shows is what the copy holds (Zulip CVE-2022-31134).


def test_the_copy_holds_what_her_account_reaches_and_no_row_of_others(full, mallory, dr_bob):
    _page, resources, _manifest = record.copy_of(full)

    ids = {one["id"] for one in resources}
    for model in (Appointment, Encounter, Message, Thread, VideoSession):
        visible = {
            str(pk) for pk in model.objects.visible_to(full.user).values_list("pk", flat=True)
        }
        every = {str(pk) for pk in model.objects.values_list("pk", flat=True)}
        assert ids & every == visible
    signed = ProgressNote.objects.of_patient(full.user).values_list("pk", flat=True)
    charges = Charge.objects.of_patient(full.user).values_list("pk", flat=True)
    assert {str(pk) for pk in [*signed, *charges]} <= ids
    assert "Mallory" not in str(resources)


def test_what_is_not_hers_to_see_yet_is_not_in_it(kit, dr_bob):
    record.visit_with_note(kit, dr_bob)
    draft = Charge.objects.get()
    visit = make_visit(dr_bob, kit, starts_at=NINE + 30 * HOUR)
    visit.arrive(now=visit.starts_at)
    unsigned = notes.open_note(appointment=visit, by=dr_bob.user, now=visit.starts_at)

    _page, resources, _manifest = record.copy_of(kit)

    assert {str(draft.pk), str(unsigned.pk)} & {one["id"] for one in resources} == set()


def test_the_page_tells_every_word(full):
    page, _resources, _manifest = record.copy_of(full)

    told = [
        "slept.", "wrote", "street", "date", "wrong", "added", "no", "yes", "court", "letter",
        "called",
    ]  # fmt: skip
    assert [word for word in told if f"{CANARY} {word}" not in page] == []
    assert "Kit Doe" in page


def test_the_page_needs_nothing_from_outside(full):
    page, _resources, _manifest = record.copy_of(full)

    assert [part for part in ("http://", "https://", "<script", "src=") if part in page] == []


def test_the_manifest_proves_the_files(full):
    made = record.exporting.export(patient=full, by=full.user, now=record.OVER)

    files = record.opened(made.content)
    told = {f["name"]: f for f in record.json.loads(files.pop("manifest.json"))["files"]}
    assert set(told) == set(files)
    for name, content in files.items():
        assert told[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert told[name]["bytes"] == len(content)
