from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Membership
from care import notes, supervising
from care.models import ProgressNote, SupervisionAgreement
from core.models import AuditEvent
from tests.factories import NINE, make_care, make_member, make_practice, make_provider

OVER = NINE + timedelta(minutes=55)
DAY = timedelta(days=1)
ADDRESS = reverse("care:supervision")
Role = Membership.Role


@pytest.fixture(autouse=True)
def after_the_visit():
    with time_machine.travel(OVER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sue(practice):
    """A supervisor."""
    return make_member(practice, Role.SUPERVISOR, "sue@example.com")


@pytest.fixture
def signed(note, dr_bob):
    return notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=OVER)


@pytest.fixture
def proposal(practice, sue, dr_bob):
    return supervising.propose(
        practice=practice, supervisor=sue, supervisee=dr_bob.user, until=OVER + 9 * DAY, now=OVER
    )


@pytest.fixture
def agreement(proposal, dr_bob):
    supervising.sign(agreement=proposal, by=dr_bob.user, now=OVER)
    proposal.refresh_from_db()
    return proposal


def seen_by(user):
    return list(ProgressNote.objects.visible_to(user))


def test_an_agreement_of_both_opens_signed_notes(sue, dr_bob, signed, agreement):
    assert seen_by(sue) == [signed]
    assert list(ProgressNote.objects.readable_by(dr_bob.user)) == []
    assert [e.action for e in AuditEvent.objects.filter(action__startswith="supervision")] == [
        "supervision.proposed",
        "supervision.signed",
    ]


def test_before_both_have_signed_nothing_is_open(sue, signed, proposal):
    assert seen_by(sue) == []


def test_what_is_not_signed_is_not_open(sue, note, agreement):
    assert seen_by(sue) == []


@pytest.mark.parametrize(("later", "count"), [(9 * DAY - timedelta(seconds=1), 1), (9 * DAY, 0)])
def test_it_is_over_when_it_ends(sue, signed, agreement, after_the_visit, later, count):
    after_the_visit.move_to(OVER + later)

    assert len(seen_by(sue)) == count


def test_either_ends_it_and_the_notes_close(sue, dr_bob, signed, agreement, after_the_visit):
    after_the_visit.move_to(OVER + DAY)

    supervising.end(agreement=agreement, by=dr_bob.user, now=OVER + DAY)

    assert seen_by(sue) == []
    with pytest.raises(supervising.Over):
        supervising.end(agreement=agreement, by=sue, now=OVER + 2 * DAY)
    with pytest.raises(supervising.Over):
        supervising.sign(agreement=agreement, by=dr_bob.user, now=OVER + 2 * DAY)


def test_who_is_no_supervisor_any_more_reads_nothing(sue, signed, agreement):
    sue.memberships.update(role=Role.BILLING)

    assert seen_by(sue) == []


def test_notes_of_another_practice_stay_closed(sue, signed, agreement):
    elsewhere = make_practice(name="Elsewhere")
    agreement.delete()
    agreement.pk, agreement.practice = None, elsewhere
    agreement.save()
    Membership.objects.create(user=sue, practice=elsewhere, role=Role.SUPERVISOR)

    assert seen_by(sue) == []


@pytest.mark.parametrize(("role", "count"), [("covering", 1), ("treating", 0)])
def test_who_stands_in_reads_what_is_signed(alice, carol, signed, role, count):
    make_care(alice, carol, role)

    assert len(seen_by(carol.user)) == count


def test_the_supervisor_of_a_patients_care_reads_what_is_signed(alice, sue, signed):
    make_care(alice, sue, "supervising")

    assert seen_by(sue) == [signed]


def test_nobody_signs_for_another(sue, proposal):
    with pytest.raises(supervising.NotYours):
        supervising.sign(agreement=proposal, by=sue, now=OVER)


def test_two_have_one_agreement_at_a_time(practice, sue, dr_bob, agreement):
    again = {"practice": practice, "supervisor": sue, "supervisee": dr_bob.user}

    with pytest.raises(supervising.AgreedAlready):
        supervising.propose(**again, until=OVER + 2 * DAY, now=OVER + DAY)
    supervising.propose(**again, until=OVER + 20 * DAY, now=OVER + 9 * DAY)
    assert SupervisionAgreement.objects.count() == 2


def test_both_are_of_the_practice_and_what_they_say(practice, sue, dr_bob, biller):
    eve = make_provider(make_practice(name="Elsewhere"), "Eve Far")
    for supervisor, supervisee in [(dr_bob.user, sue), (sue, biller), (sue, eve.user)]:
        with pytest.raises(supervising.NotOfOnePractice):
            supervising.propose(
                practice=practice,
                supervisor=supervisor,
                supervisee=supervisee,
                until=OVER + DAY,
                now=OVER,
            )


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("supervision_of_another", {"supervisee": "sue"}),
        ("supervision_ends_after_start", {"ends_at": OVER}),
        ("supervision_supervisor_signs_first", {"signed_at": OVER - DAY}),
    ],
)
def test_the_database_refuses(practice, sue, dr_bob, constraint, fields):
    values = {"supervisee": dr_bob.user, "ends_at": OVER + DAY} | fields
    values["supervisee"] = sue if values["supervisee"] == "sue" else dr_bob.user
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SupervisionAgreement.objects.create(
            practice=practice, supervisor=sue, starts_at=OVER, supervisor_signed_at=OVER, **values
        )


def test_the_page_proposes_the_other_signs_and_the_notes_are_read(sign_in, sue, dr_bob, signed):
    hers, his = sign_in(sue), sign_in(dr_bob.user)
    proposed = hers.post(ADDRESS, {"supervisee": dr_bob.pk, "until": "2026-12-31"})
    agreement = SupervisionAgreement.objects.get()
    reading = reverse("care:supervised_notes", args=[agreement.pk])
    page = reverse("care:signed_note", args=[signed.pk])
    before = [hers.get(reading).status_code, hers.get(page).status_code]

    sign = his.post(reverse("care:create_signature", args=[agreement.pk]))

    assert (proposed.url, before, sign.url) == (ADDRESS, [404, 404], ADDRESS)
    assert page in hers.get(reading).content.decode()
    assert "Slept better." in hers.get(page).content.decode()
    assert AuditEvent.objects.filter(action="note.read", by_id=sue.pk).count() == 1
    assert [hers.post(page).status_code, his.get(page).status_code] == [405, 404]


def test_the_page_ends_it(sign_in, sue, agreement, after_the_visit):
    after_the_visit.move_to(OVER + DAY)
    hers, address = sign_in(sue), reverse("care:create_supervision_ending", args=[agreement.pk])

    hers.post(address)
    hers.post(address)

    agreement.refresh_from_db()
    assert agreement.ends_at == OVER + DAY
    assert "Ended" in hers.get(ADDRESS).content.decode()


@pytest.mark.parametrize("until", ["", "2026-12-01", "2030-01-01"])
def test_a_day_that_does_not_fit_is_refused(sign_in, sue, dr_bob, until):
    answer = sign_in(sue).post(ADDRESS, {"supervisee": dr_bob.pk, "until": until})

    assert (answer.status_code, SupervisionAgreement.objects.count()) == (422, 0)


def test_the_page_refuses_a_second_agreement_and_a_stranger(sign_in, sue, dr_bob, agreement):
    eve = make_provider(make_practice(name="Elsewhere"), "Eve Far")
    hers = sign_in(sue)

    answers = [
        hers.post(ADDRESS, {"supervisee": who.pk, "until": "2026-12-31"}).status_code
        for who in (dr_bob, eve)
    ]

    assert (answers, SupervisionAgreement.objects.count()) == ([422, 422], 1)


def test_a_therapist_proposes_nothing(sign_in, dr_bob, carol, agreement):
    his = sign_in(dr_bob.user)

    assert "In force" in his.get(ADDRESS).content.decode()
    assert his.post(ADDRESS, {"supervisee": carol.pk, "until": "2026-12-31"}).status_code == 404
    assert "No agreement yet" in sign_in(carol.user).get(ADDRESS).content.decode()


def test_before_its_first_day_it_opens_nothing(sue, signed, agreement):
    SupervisionAgreement.objects.update(starts_at=OVER + DAY)

    assert seen_by(sue) == []


def test_who_left_the_practice_sees_no_agreement_of_it(dr_bob, sue, agreement):
    assert list(SupervisionAgreement.objects.visible_to(dr_bob.user)) == [agreement]

    dr_bob.user.memberships.all().delete()

    assert list(SupervisionAgreement.objects.visible_to(dr_bob.user)) == []
    assert list(SupervisionAgreement.objects.visible_to(sue)) == [agreement]


def test_the_notes_of_an_agreement_are_those_of_its_two_people_in_its_practice(
    practice, sue, dr_bob, carol, signed, agreement
):
    elsewhere = make_practice(name="Elsewhere")
    own = {"supervisor": sue, "supervisee": dr_bob.user}
    told = {
        "agreement": own | {"practice": practice},
        "with another": own | {"supervisee": carol.user, "practice": practice},
        "elsewhere": own | {"practice": elsewhere},
    }

    found = {
        name: list(ProgressNote.objects.signed_by(SupervisionAgreement(**fields)))
        for name, fields in told.items()
    }

    assert found == {"agreement": [signed], "with another": [], "elsewhere": []}


def test_what_one_wrote_oneself_is_not_among_the_notes_of_others(alice, dr_bob, carol, signed):
    for person in (dr_bob, carol):
        make_care(alice, person, "covering")

    assert list(ProgressNote.objects.readable_by(carol.user)) == [signed]
    assert list(ProgressNote.objects.readable_by(dr_bob.user)) == []


def test_a_draft_is_no_part_of_the_patients_record(alice, note, dr_bob):
    assert list(ProgressNote.objects.of_patient(alice.user)) == []

    signed = notes.sign(note=note, body="Slept better.", by=dr_bob.user, now=OVER)

    assert list(ProgressNote.objects.of_patient(alice.user)) == [signed]


def test_who_stands_in_for_one_patient_reads_nothing_of_another(mallory, carol, signed):
    make_care(mallory, carol, "covering")

    assert list(ProgressNote.objects.readable_by(carol.user)) == []
