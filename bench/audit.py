"""
Time the audit trail.

    .venv/bin/python -m bench.audit [ROWS]

It makes a database of its own beside the one in use, fills it with rows of a thousand patients,
and drops it at the end.  `verify_rows_per_second` is the command's own work, database included;
`read_ms` the median of one audited read of one patient, its commit included.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
os.environ.setdefault("DJANGO_DEBUG", "true")
sys.argv.insert(1, "migrate")  # settings give the owner's connection to this command
django.setup()

from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from core import audit, verification
from core.models import AuditEvent

ROWS = 200_000
PATIENTS = 1_000
BATCH = 5_000
READS = 300
NOW = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)


def run(rows: int) -> dict[str, float]:
    with own_database():
        filled = seconds_to_fill(rows)
        began = time.perf_counter()
        result = verification.verify()
        took = time.perf_counter() - began
        assert (result.rows, result.broken) == (rows, [])
        return {
            "rows": result.rows,
            "chains": result.chains,
            "write_rows_per_second": round(rows / filled),
            "verify_seconds": round(took, 2),
            "verify_rows_per_second": round(rows / took),
            "read_ms": median_read_ms(),
            "load_average": round(os.getloadavg()[0], 2),
        }


@contextmanager
def own_database() -> Iterator[None]:
    settings.AUDIT_ANCHOR_DIR = "/nonexistent"
    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)


def seconds_to_fill(rows: int) -> float:
    began = time.perf_counter()
    for first in range(0, rows, BATCH):
        AuditEvent.objects.bulk_create(
            event(number) for number in range(first, min(first + BATCH, rows))
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return time.perf_counter() - began


def event(number: int) -> AuditEvent:
    patient_id = number % PATIENTS + 1
    return AuditEvent(
        at=NOW,
        action="chart.read",
        by_id=number % 40 + 1,
        role="provider",
        purpose="treatment",
        request_id=f"{number:016x}",
        patient_id=patient_id,
        subject_type=audit.PATIENT,
        subject_id=str(patient_id),
    )


def median_read_ms() -> float:
    return round(statistics.median(one_read(n) for n in range(READS)) * 1_000, 2)


def one_read(number: int) -> float:
    began = time.perf_counter()
    audit.record_reads("chart.read", patient_ids=[number % PATIENTS + 1], by=None, at=NOW)
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[2]) if sys.argv[2:] else ROWS), indent=2))
