"""Who pays for a patient's care, and what that payer forbids. The payers' rules are data."""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django.db import IntegrityError, transaction

from accounts.models import Coverage, Patient, User
from core import audit
from core.transactions import violated

RULES_FILE = Path(__file__).parent / "data" / "missed_visits.csv"


class EnteredAlready(Exception):
    """This coverage is entered, from the same day on."""


class NotItsDays(Exception):
    """A coverage ends on one of its own days, and once."""


@dataclass(frozen=True)
class Rule:
    """What a program says of fees for missed visits, and where it says so."""

    program: str
    valid_from: date
    valid_until: date
    allows_fee: bool
    source: str


@cache
def rules() -> tuple[Rule, ...]:
    with RULES_FILE.open(newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return tuple(
            Rule(
                program=row["program"],
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_until=date.fromisoformat(row["valid_until"] or "9999-12-31"),
                allows_fee=row["allows_fee"] == "yes",
                source=row["source"],
            )
            for row in rows
        )


def forbidding(patient: Patient, *, on: date) -> Rule | None:
    """Return the rule by which a payer of hers forbids a fee for a visit missed on `on`, if any.

    One payer that forbids it is enough, whatever the others say.
    """
    programs = {one.program for one in patient.coverages.all() if covers(one, on)}
    return next(
        (
            rule
            for rule in rules()
            if rule.program in programs
            and not rule.allows_fee
            and rule.valid_from <= on <= rule.valid_until
        ),
        None,
    )


def covers(coverage: Coverage, on: date) -> bool:
    return coverage.starts_on <= on and (coverage.ends_on is None or on <= coverage.ends_on)


def enter(
    *,
    patient: Patient,
    program: str,
    starts_on: date,
    ends_on: date | None,
    by: User,
    now: datetime,
) -> Coverage:
    """
    :raises EnteredAlready:
    """
    facts = {"program": program, "starts_on": starts_on, "ends_on": ends_on}
    try:
        with transaction.atomic():
            entered = Coverage.objects.create(
                patient=patient, entered_at=now, entered_by=by, **facts
            )
            audit.record("coverage.entered", subject=entered, by=by, at=now, patient_id=patient.pk)
            return entered
    except IntegrityError as error:
        if violated(error) == "coverage_once":
            raise EnteredAlready from error
        raise


@transaction.atomic
def end(*, coverage: Coverage, last_on: date, by: User, now: datetime) -> None:
    """
    Let it end: `last_on` is the last day on which it counts.

    :raises NotItsDays: if it has an end, or begins later
    """
    locked = Coverage.objects.select_for_update(of=("self",)).get(pk=coverage.pk)
    if locked.ends_on is not None or last_on < locked.starts_on:
        raise NotItsDays
    locked.ends_on = last_on
    locked.save(update_fields=["ends_on"])
    patient_id = locked.patient_id
    audit.record("coverage.ended", subject=locked, by=by, at=now, patient_id=patient_id)
