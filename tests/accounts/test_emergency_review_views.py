"""The privacy officer's pages: what waits for a review, and the review."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts import emergency
from accounts.models import EmergencyAccess, Membership
from accounts.models.emergency_access import LASTS
from core.models import AuditEvent
from tests.factories import NOW, make_member, make_patient, make_practice

LIST = reverse("accounts:emergency_reviews")
WHY = {"reason": "medical", "circumstances": "Found unconscious at a station."}
DAY = timedelta(days=1)
Outcome = EmergencyAccess.Outcome


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def officer(practice):
    return make_member(practice, Membership.Role.PRIVACY_OFFICER, "privacy@example.com")


@pytest.fixture
def theirs(sign_in, officer):
    return sign_in(officer)


def made(patient, provider, *, ago):
    """An access that began so long ago."""
    starts_at = NOW - ago
    return EmergencyAccess.objects.create(
        patient=patient, person=provider.user, starts_at=starts_at, ends_at=starts_at + LASTS, **WHY
    )


@pytest.fixture
def over(alice, carol):
    return made(alice, carol, ago=DAY)


def review_of(access):
    return reverse("accounts:emergency_review", args=[access.pk])


def test_the_list_has_the_oldest_first_and_says_what_is_overdue(theirs, alice, mallory, carol):
    newer, older = made(alice, carol, ago=DAY), made(mallory, carol, ago=7 * DAY)

    page = theirs.get(LIST).content.decode()

    assert page.index(review_of(older)) < page.index(review_of(newer))
    assert page.count("Overdue") == 1
    assert page.index("Overdue") < page.index(review_of(older))


def test_nothing_waits(theirs):
    assert "Nothing waits." in theirs.get(LIST).content.decode()


def test_the_officer_reviews_it_and_it_moves_down(theirs, officer, over, alice):
    words = theirs.get(review_of(over)).content.decode()

    answer = theirs.post(review_of(over), {"outcome": "not-appropriate", "remark": "No danger."})

    page = theirs.get(LIST).content.decode()
    assert "Found unconscious at a station." in words
    assert answer.url == LIST
    assert "Nothing waits." in page
    assert "Not appropriate, reviewed by privacy@example.com" in page
    assert "No danger." in theirs.get(review_of(over)).content.decode()
    told = AuditEvent.objects.filter(patient_id=alice.pk).values_list("action", "reason")
    assert ("emergency.reviewed", "not-appropriate") in told
    assert ("accounts.emergency-reviews.read", "") in told


@pytest.mark.parametrize(
    "sent",
    [
        {"outcome": "", "remark": "Fine."},
        {"outcome": "so-so", "remark": "Fine."},
        {"outcome": "not-appropriate", "remark": " "},
        {"outcome": "appropriate", "remark": "x" * 501},
    ],
)
def test_half_a_review_is_refused(theirs, over, sent):
    answer = theirs.post(review_of(over), sent)

    over.refresh_from_db()
    assert (answer.status_code, over.reviewed_at) == (422, None)


def test_of_two_reviews_the_first_stays(theirs, over):
    theirs.post(review_of(over), {"outcome": "appropriate", "remark": ""})

    answer = theirs.post(review_of(over), {"outcome": "not-appropriate", "remark": "No."})

    over.refresh_from_db()
    assert (answer.status_code, over.outcome) == (409, Outcome.APPROPRIATE)
    assert "already" in answer.content.decode()


def test_what_goes_on_has_no_form_and_takes_none(theirs, alice, carol):
    going_on = emergency.open_access(patient=alice, by=carol.user, now=NOW, **WHY)

    page = theirs.get(review_of(going_on)).content.decode()
    answer = theirs.post(review_of(going_on), {"outcome": "appropriate", "remark": ""})

    assert "has not ended yet" in page
    assert 'name="outcome"' not in page
    assert answer.status_code == 409


def test_her_own_has_no_form_and_takes_none(sign_in, over, carol, practice):
    Membership.objects.create(
        user=carol.user, practice=practice, role=Membership.Role.PRIVACY_OFFICER
    )
    hers = sign_in(carol.user)

    page = hers.get(review_of(over)).content.decode()
    answer = hers.post(review_of(over), {"outcome": "appropriate", "remark": ""})

    assert "your own" in page
    assert 'name="outcome"' not in page
    assert answer.status_code == 409


def test_an_access_of_another_practice_is_not_there(theirs, carol):
    far = make_patient(make_practice(name="Elsewhere"), "Eva Far")
    access = made(far, carol, ago=DAY)

    assert theirs.get(review_of(access)).status_code == 404
    assert theirs.post(review_of(access), {"outcome": "appropriate"}).status_code == 404
    assert "Eva Far" not in theirs.get(LIST).content.decode()


def test_the_review_leads_to_what_was_opened(theirs, over, alice, carol):
    page = theirs.get(review_of(over)).content.decode()
    link = page.partition(f'href="{reverse("accounts:access_log")}?')[2].partition('"')[0]

    log = theirs.get(reverse("accounts:access_log") + "?" + link.replace("&amp;", "&"))

    assert log.status_code == 200
    assert f"patient={alice.pk}" in link
    assert f"person={carol.user_id}" in link


def test_only_the_officer_comes_here(sign_in, over, carol, biller, alice):
    for user in (carol.user, biller, alice.user):
        client = sign_in(user)
        assert [client.get(page).status_code for page in (LIST, review_of(over))] == [404, 404]
