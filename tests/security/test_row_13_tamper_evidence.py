"""Goal row 13: what is done to the audit trail with all guards asleep is found, every time."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from core import anchors, audit
from core.models import AuditEvent, AuditHead, Duty
from tests.factories import NOW
from tests.web_role import execute, unguarded

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.AUDIT_ANCHOR_DIR = str(tmp_path / "anchors")
    return tmp_path / "anchors"


@pytest.fixture
def trail(alice, mallory):
    """Six rows of alice, five of mallory, two of nobody. Return alice's chain."""
    for minute in range(5):
        at = NOW + timedelta(minutes=minute)
        audit.record_reads("chart.read", patient_ids=[alice.pk, mallory.pk], by=None, at=at)
    audit.record("patient.updated", subject=alice, by=alice.user, at=NOW, patient_id=alice.pk)
    for _ in range(2):
        audit.record("practice.opened", subject=alice.practice, by=None, at=NOW)
    return alice.pk


@pytest.fixture
def verify(capsys):
    """Run the command. Return its exit code and its document."""

    def run():
        code = 0
        try:
            call_command("audit", "verify", "--json")
        except CommandError as problem:
            code = problem.returncode
        return code, json.loads(capsys.readouterr().out)

    return run


def anchor(at=NOW):
    anchors.anchor({"hour": f"{at:%Y-%m-%dT%HZ}"}, at)


def tamper(*statements, **values):
    with unguarded():
        for statement in statements:
            execute(statement, values)


def forge(chain, **changes):
    """As somebody would who knows the formula: change rows, and link the chain anew to its head."""
    with unguarded():
        AuditEvent.objects.filter(chain=chain, number=2).update(**changes)
        link = "0" * 64
        for event in AuditEvent.objects.filter(chain=chain).order_by("number"):
            row = [
                event.chain, event.number, event.pk, round(event.at.timestamp() * 1_000_000),
                event.action, event.by_id, event.on_behalf_of_id, event.role, event.reason,
                event.purpose, event.request_id, event.patient_id, event.subject_type,
                event.subject_id,
            ]  # fmt: skip
            event.previous, link = link, sha256((link + json.dumps(row)).encode()).hexdigest()
            event.hash = link
            event.save()
        AuditHead.objects.filter(chain=chain).update(number=event.number, hash=link)


def test_a_trail_that_nobody_touched_is_whole(trail, verify):
    assert verify() == (0, {"rows": 13, "chains": 3, "broken": []})


def test_an_empty_trail_is_whole(db, verify):
    assert verify() == (0, {"rows": 0, "chains": 0, "broken": []})


CHANGED = "the row was changed"
UNLINKED = "the row does not follow the one before"
MISSING = "a row is missing or out of order"
CUT = "rows at the end are missing"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "'2020-01-01T00:00Z'"),
        ("action", "'nothing'"),
        ("by_id", "7"),
        ("on_behalf_of_id", "7"),
        ("role", "'x'"),
        ("reason", "'x'"),
        ("purpose", "'x'"),
        ("request_id", "'x'"),
        ("patient_id", "NULL"),
        ("subject_type", "'x'"),
        ("subject_id", "'x'"),
        ("id", "id + 1000000"),
        ("hash", "repeat('a', 64)"),
    ],
)
def test_an_edit_is_found_in_every_column(trail, verify, column, value):
    tamper(f"UPDATE core_auditevent SET {column} = {value} WHERE chain = {trail} AND number = 3")

    code, result = verify()

    assert (code, result["broken"]) == (1, [{"chain": trail, "number": 3, "fault": CHANGED}])


def test_an_edited_link_is_found(trail, verify):
    tamper(f"UPDATE core_auditevent SET previous = 'x' WHERE chain = {trail} AND number = 3")

    assert verify()[1]["broken"] == [{"chain": trail, "number": 3, "fault": UNLINKED}]


def test_an_edit_with_its_own_hash_is_found_at_the_next_row(trail, verify):
    with unguarded():
        event = AuditEvent.objects.get(chain=trail, number=2)
        event.pk, event.action = None, "nothing"
        AuditEvent.objects.filter(chain=trail, number=2).delete()
        AuditHead.objects.filter(chain=trail).update(number=1, hash=event.previous)
    AuditEvent.objects.create(
        action="nothing", at=NOW, patient_id=trail, subject_type="x", subject_id="1"
    )

    code, result = verify()

    assert (code, result["broken"][0]["number"]) == (1, 3)


@pytest.mark.parametrize(("number", "fault"), [(1, MISSING), (3, MISSING), (6, CUT)])
def test_a_deletion_is_found(trail, verify, number, fault):
    tamper(f"DELETE FROM core_auditevent WHERE chain = {trail} AND number = {number}")

    code, result = verify()

    assert code == 1
    assert result["broken"] == [{"chain": trail, "number": number, "fault": fault}]


def test_a_deletion_that_closes_the_gap_is_found(trail, verify):
    tamper(
        f"DELETE FROM core_auditevent WHERE chain = {trail} AND number = 6",
        f"UPDATE core_audithead SET number = 5 WHERE chain = {trail}",
    )

    assert verify()[1]["broken"] == [
        {"chain": trail, "number": 5, "fault": "the head is not the last row"}
    ]


def test_a_reorder_is_found(trail, verify):
    tamper(
        f"UPDATE core_auditevent SET number = 99 WHERE chain = {trail} AND number = 2",
        f"UPDATE core_auditevent SET number = 2 WHERE chain = {trail} AND number = 3",
        f"UPDATE core_auditevent SET number = 3 WHERE chain = {trail} AND number = 99",
    )

    assert verify()[1]["broken"] == [{"chain": trail, "number": 2, "fault": UNLINKED}]


def test_a_row_moved_to_another_chain_is_found_in_both(trail, verify, mallory):
    tamper(
        f"UPDATE core_auditevent SET chain = {mallory.pk}, number = 6"
        f" WHERE chain = {trail} AND number = 6"
    )

    assert {broken["chain"] for broken in verify()[1]["broken"]} == {trail, mallory.pk}


def test_a_row_slipped_in_without_its_trigger_is_found(trail, verify):
    with unguarded():
        AuditEvent.objects.create(action="x", at=NOW, patient_id=trail, chain=trail, number=7)

    assert verify()[1]["broken"] == [{"chain": trail, "number": 7, "fault": UNLINKED}]


def test_a_missing_head_is_found(trail, verify):
    tamper(f"DELETE FROM core_audithead WHERE chain = {trail}")

    assert verify()[1]["broken"] == [{"chain": trail, "number": 6, "fault": "the head is missing"}]


def test_a_chain_without_rows_is_found(trail, verify):
    tamper(f"DELETE FROM core_auditevent WHERE chain = {trail}")

    assert verify()[1] == {
        "rows": 7,
        "chains": 3,
        "broken": [{"chain": trail, "number": 1, "fault": "all rows are missing"}],
    }


# With the heads rewritten, the database alone cannot know. The anchors do.

CUT_WITH_HEAD = (
    "DELETE FROM core_auditevent WHERE chain = %(chain)s AND number > 4",
    """UPDATE core_audithead SET number = 4, hash =
    (SELECT hash FROM core_auditevent e WHERE e.chain = %(chain)s AND e.number = 4)
    WHERE chain = %(chain)s""",
)
ERASE = (
    "DELETE FROM core_auditevent WHERE chain = %(chain)s",
    "DELETE FROM core_audithead WHERE chain = %(chain)s",
)


def test_without_an_anchor_a_cut_with_its_head_is_not_seen_and_the_command_says_so(
    trail, verify, capsys, folder
):
    tamper(*CUT_WITH_HEAD, chain=trail)

    assert verify()[0] == 0
    call_command("audit", "verify")
    assert f"No anchor in {folder}" in capsys.readouterr().err


def test_an_anchored_trail_is_whole_and_may_grow(trail, verify, alice):
    anchor()
    audit.record_reads("chart.read", patient_ids=[trail], by=None, at=NOW)
    anchor(NOW + HOUR)
    audit.record_reads("chart.read", patient_ids=[trail], by=None, at=NOW)

    assert verify() == (0, {"rows": 15, "chains": 3, "broken": []})


@pytest.mark.parametrize("later", [0, 1, 5], ids=lambda n: f"{n}-anchors-after")
def test_a_cut_with_its_head_is_found_by_an_anchor(trail, verify, later):
    anchor()
    tamper(*CUT_WITH_HEAD, chain=trail)
    for hours in range(1, later + 1):
        anchor(NOW + hours * HOUR)

    assert verify()[1]["broken"] == [{"chain": trail, "number": 5, "fault": CUT}]


def test_a_cut_that_has_grown_again_is_found(trail, verify):
    anchor()
    tamper(*CUT_WITH_HEAD, chain=trail)
    audit.record_reads("other.read", patient_ids=[trail], by=None, at=NOW)
    audit.record_reads("other.read", patient_ids=[trail], by=None, at=NOW)
    anchor(NOW + HOUR)

    assert verify()[1]["broken"] == [
        {"chain": trail, "number": 6, "fault": "the row is not the one that was anchored"}
    ]


def test_a_chain_linked_anew_is_found(trail, verify):
    anchor()
    forge(trail, action="nothing")

    code, result = verify()

    assert (code, result["broken"][0]["fault"]) == (1, "the row is not the one that was anchored")


def test_the_forgery_is_a_good_one(trail, verify):
    """The control of the test above: without an anchor it passes."""
    forge(trail, action="nothing")

    assert verify()[0] == 0


def test_a_chain_erased_with_its_head_is_found(trail, verify):
    anchor()
    tamper(*ERASE, chain=trail)
    anchor(NOW + HOUR)

    assert verify()[1]["broken"] == [{"chain": trail, "number": 1, "fault": "all rows are missing"}]


def test_a_changed_anchor_is_found(trail, verify, folder):
    anchor()
    path = folder / "2026-12.jsonl"
    path.write_text(path.read_text().replace('"root": "', '"root": "0'))

    assert verify()[1]["broken"] == [
        {"anchor": "2026-12.jsonl", "fault": "the anchors were changed"}
    ]


# How anchors are written.


def lines(folder):
    return [json.loads(line) for line in (folder / "2026-12.jsonl").read_text().splitlines()]


def test_the_beat_asks_for_one_anchor_an_hour(trail):
    for minutes in (0, 1, 59, 60):
        anchors.ask(now=NOW + timedelta(minutes=minutes))

    assert list(Duty.objects.order_by("key").values_list("kind", "payload")) == [
        ("audit.anchor", {"hour": "2026-12-01T15Z"}),
        ("audit.anchor", {"hour": "2026-12-01T16Z"}),
    ]


def test_an_anchor_holds_all_heads_first_then_those_that_moved(trail, folder, mallory):
    anchor()
    audit.record_reads("chart.read", patient_ids=[trail], by=None, at=NOW)
    anchor(NOW + HOUR)
    first, second = lines(folder)

    assert set(first["moved"]) == {"0", str(trail), str(mallory.pk)}
    head = AuditHead.objects.get(chain=trail)
    assert second["moved"] == {str(trail): [7, head.hash]}
    assert (second["at"], second["chains"]) == ("2026-12-01T16:00:00Z", 3)
    assert second["root"] == anchors.merkle_root(anchors.heads_now()) != first["root"]


def test_an_anchor_that_is_written_twice_is_one_line(trail, folder):
    anchor()
    anchor()

    assert len(lines(folder)) == 1


def test_a_line_that_a_crash_cut_off_counts_as_none(trail, folder, verify):
    anchor()
    with (folder / "2026-12.jsonl").open("a") as file:
        file.write('{"at": "2026-\n')
    anchor(NOW + HOUR)

    assert verify()[0] == 0


def test_only_the_owner_of_the_site_reads_the_anchors(trail, folder):
    anchor()

    assert (folder.stat().st_mode & 0o777, (folder / "2026-12.jsonl").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )


def test_the_root_goes_by_mail_to_a_second_place(trail, folder, settings):
    settings.AUDIT_ANCHOR_EMAIL = "notary@example.org"

    anchor()

    (letter,) = mail.outbox
    assert letter.to == ["notary@example.org"]
    assert lines(folder)[0]["root"] in letter.body


def test_the_root_is_that_of_rfc_6962_shape():
    def leaf(text):
        return sha256(b"\0" + text).digest()

    def node(left, right):
        return sha256(b"\1" + left + right).digest()

    a, b, c = leaf(b"1:5:x"), leaf(b"2:6:y"), leaf(b"3:7:z")

    assert anchors.merkle_root({2: (6, "y"), 1: (5, "x"), 3: (7, "z")}) == (
        node(node(a, b), c).hex()
    )
    assert anchors.merkle_root({}) == sha256(b"").hexdigest()


def test_a_person_gets_words(trail, capsys):
    tamper(f"DELETE FROM core_auditevent WHERE chain = {trail} AND number = 3")

    with pytest.raises(CommandError, match=r"The audit trail is broken\."):
        call_command("audit", "verify")

    assert "12 rows in 3 chains" in capsys.readouterr().out
