"""Goal row 7: a record under 42 CFR Part 2 is shown as the patient permits at this moment.

Others than author and patient: for each label and each state of both consents, the exact set.
"""

from datetime import timedelta
from itertools import product

import pytest
import time_machine
from django.urls import reverse

from care import consents, labels, notes, supervising
from care.models import ProgressNote
from tests.factories import NINE, make_care, make_member, make_visit

OVER = NINE + timedelta(minutes=55)
DAY = timedelta(days=1)
LABELS = ["", "substance-use", "substance-use-counseling"]
STATES = ["never", "permitted", "taken back", "ended", "permitted again"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(OVER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def written(dr_bob, alice):
    """One signed note of each label."""
    return {label: write(dr_bob, alice, label, number) for number, label in enumerate(LABELS)}


def write(provider, patient, label, number):
    visit = make_visit(provider, patient, starts_at=NINE - number * DAY)
    visit.arrive(now=visit.starts_at)
    note = notes.open_note(appointment=visit, by=provider.user, now=visit.ends_at)
    labels.put(note=note, label=label, by=provider.user, now=visit.ends_at)
    return notes.sign(note=note, body=f"Words {number}.", by=provider.user, now=visit.ends_at)


@pytest.fixture
def readers(practice, alice, dr_bob, carol):
    """Everybody who reads what others have signed."""
    by_agreement = make_member(practice, "supervisor", "agreed@example.com")
    of_patient = make_member(practice, "supervisor", "sue@example.com")
    agreement = supervising.propose(
        practice=practice,
        supervisor=by_agreement,
        supervisee=dr_bob.user,
        until=OVER + 90 * DAY,
        now=OVER - DAY,
    )
    supervising.sign(agreement=agreement, by=dr_bob.user, now=OVER - DAY)
    make_care(alice, of_patient, "supervising")
    make_care(alice, carol, "covering")
    return [by_agreement, of_patient, carol.user]


def bring_to(state, patient, kind):
    """Let the patient say what leads to the state, in the days before."""
    if state == "never":
        return
    sign(patient, kind, OVER - 9 * DAY, until=OVER if state == "ended" else None)
    if state in ("taken back", "permitted again"):
        consents.take_back(patient=patient, kind=kind, by=patient.user, now=OVER - 5 * DAY)
    if state == "permitted again":
        sign(patient, kind, OVER - DAY)


def sign(patient, kind, at, until=None):
    document = consents.text_of(kind, on=OVER.date())
    said = {"document": document, "signed_name": "Alice Doe", "until": until}
    return consents.sign(patient=patient, by=patient.user, now=at, **said)


@pytest.mark.parametrize(("use", "counseling"), [*product(STATES, STATES)])
def test_each_reader_sees_the_exact_set(alice, dr_bob, written, readers, use, counseling):
    bring_to(use, alice, "substance-use")
    bring_to(counseling, alice, "substance-use-counseling")

    permitted = {"permitted", "permitted again"}
    wanted = {written[""]}
    wanted |= {written["substance-use"]} if use in permitted else set()
    wanted |= {written["substance-use-counseling"]} if counseling in permitted else set()
    for reader in readers:
        assert set(ProgressNote.objects.visible_to(reader)) == wanted
        assert set(ProgressNote.objects.readable_by(reader)) == wanted
    assert set(ProgressNote.objects.visible_to(dr_bob.user)) == set(written.values())


def test_taken_back_the_next_read_finds_nothing(sign_in, alice, written, readers):
    sign(alice, "substance-use", OVER - DAY)
    clients = [sign_in(reader) for reader in readers]
    page = reverse("care:signed_note", args=[written["substance-use"].pk])
    before = [client.get(page).status_code for client in clients]

    sign_in(alice.user).post(reverse("care:create_consent_end", args=["substance-use"]))

    after = [client.get(page) for client in clients]
    assert (before, [answer.status_code for answer in after]) == ([200] * 3, [404] * 3)
    assert not any("Words" in answer.content.decode() for answer in after)


def test_taken_back_it_is_gone_from_the_supervisors_list(sign_in, alice, written, readers):
    sign(alice, "substance-use", OVER - DAY)
    hers = sign_in(readers[0])
    agreement = readers[0].supervises.get()
    page = reverse("care:supervised_notes", args=[agreement.pk])
    link = reverse("care:signed_note", args=[written["substance-use"].pk])
    before = link in hers.get(page).content.decode()

    consents.take_back(patient=alice, kind="substance-use", by=alice.user, now=OVER)

    assert (before, link in hers.get(page).content.decode()) == (True, False)


def test_one_that_ends_bites_at_its_moment(alice, written, readers, clock):
    sign(alice, "substance-use", OVER - DAY, until=OVER + DAY)
    seen = []
    for at in (OVER + DAY - timedelta(microseconds=1), OVER + DAY):
        clock.move_to(at)
        seen.append(written["substance-use"] in ProgressNote.objects.visible_to(readers[0]))

    assert seen == [True, False]


def test_the_consent_of_another_patient_opens_nothing(alice, mallory, written, readers):
    sign(mallory, "substance-use", OVER - DAY)

    assert list(ProgressNote.objects.readable_by(readers[0])) == [written[""]]
