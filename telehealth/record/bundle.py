"""The copy for other systems: one FHIR R4 Bundle."""

from typing import Any

from accounts.models import Provider
from care.labels import NOTICE
from telehealth.record import resources
from telehealth.record.contents import Contents
from telehealth.record.places import Json, address, put, written
from telehealth.record.shape import Shape


def bundle(contents: Contents) -> Json:
    made = [*surroundings(contents), *(resource(contents, *pair) for pair in contents.pairs())]
    made.append(provenance(contents))
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": written(contents.terms.at),
        "entry": [
            {"fullUrl": address(one["resourceType"], one["id"]), "resource": one} for one in made
        ],
    }


def resource(contents: Contents, shape: Shape, row: Any) -> Json:
    """Make the resource of one row: first what it says of itself, then each field in its place."""
    made = shape.make(row, contents.patient)
    for name, place in shape.places.items():
        value = getattr(row, name)
        if value in (None, "") or shape.is_written_whole:
            continue
        put(made, place, shape.write[name](value) if name in shape.write else written(value))
    whole: Json = pruned(made)
    return whole


def surroundings(contents: Contents) -> list[Json]:
    """The practice, and every therapist whom a row names."""
    rows = [row for _, row in contents.pairs()]
    named = {getattr(row, "provider_id", None) or getattr(row, "author_id", None) for row in rows}
    people = {getattr(row, "person_id", None) for row in contents.rows["accounts.CareRelationship"]}
    practice = contents.patient.practice
    providers = Provider.objects.filter(practice=practice).order_by("pk")
    found = [p for p in providers if p.pk in named or p.user_id in people]
    return [resources.organization(practice), *map(resources.practitioner, found)]


def provenance(contents: Contents) -> Json:
    """Who made the copy, when; and what whoever gets it must be told."""
    practice = resources.ref(contents.patient.practice)
    made: Json = {
        "resourceType": "Provenance",
        "id": f"copy-{contents.patient.ref}",
        "target": [resources.ref(contents.patient)],
        "recorded": written(contents.terms.at),
        "agent": [{"who": practice}],
    }
    if contents.is_labeled:
        made["extension"] = [{"url": "urn:telehealth:notice", "valueString": NOTICE}]
    return made


def pruned(value: Any) -> Any:
    """Without what turned out empty: FHIR knows no empty objects, lists or strings."""
    if isinstance(value, dict):
        kept = {name: pruned(part) for name, part in value.items()}
        return {name: part for name, part in kept.items() if part not in ({}, [], "")}
    if isinstance(value, list):
        return [part for part in map(pruned, value) if part not in ({}, [], "")]
    return value
