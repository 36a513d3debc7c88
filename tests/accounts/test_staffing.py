from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts import staffing, ties
from accounts.models import Invitation, Membership
from core import duties
from core.models import AuditEvent
from messaging import messages, threads
from tests import factories
from tests.factories import NOW, SCOPED
from tests.signing_in import signed_in
from tests.threads import at_once

Role = Membership.Role


@pytest.fixture
def admin(practice):
    return factories.make_member(practice, Role.ADMIN, "admin@example.com")


@pytest.fixture
def page(admin):
    return signed_in(admin)


def closing_of(user):
    return reverse("accounts:closing", args=[user.memberships.first().pk])


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_lists_who_works_here(page, practice, dr_bob, count, django_assert_num_queries):
    for number in range(count):
        factories.make_member(practice, Role.BILLING, f"b{number}@example.com")

    with django_assert_num_queries(8 + SCOPED):
        shown = page.get(reverse("accounts:staff")).content.decode()

    assert [f"b{number}@example.com" in shown for number in range(count)] == [True] * count
    assert "Bob Ray, PsyD" in shown
    assert shown.count("no second step yet") == count + 2


@pytest.mark.parametrize("who", ["dr_bob", "biller", "alice"])
def test_for_anybody_else_there_is_no_such_page(request, who, admin):
    user = request.getfixturevalue(who)
    user = getattr(user, "user", user)
    client = signed_in(user)
    names = [("staff", []), ("invite", []), ("closing", [1]), ("role_removal", [1])]

    answers = [client.get(reverse(f"accounts:{n}", args=a)).status_code for n, a in names]

    assert answers == [404] * 4


def test_members_of_another_practice_do_not_exist(page, admin):
    other = factories.make_practice(name="Elsewhere")
    stranger = factories.make_member(other, Role.BILLING, "stranger@example.com")

    answers = [
        page.post(closing_of(stranger)).status_code,
        page.get(
            reverse("accounts:role_removal", args=[stranger.memberships.get().pk])
        ).status_code,
    ]

    stranger.refresh_from_db()
    assert (answers, stranger.is_active) == ([404, 404], True)


def test_nor_do_its_invitations(page, admin):
    other = factories.make_practice(name="Elsewhere")
    theirs = factories.make_member(other, Role.ADMIN, "their-admin@example.com")
    page_of_theirs = signed_in(theirs)
    page_of_theirs.post(reverse("accounts:invite"), {"email": "a@example.com", "role": "billing"})
    offer = Invitation.objects.get()

    answer = page.post(reverse("accounts:create_withdrawal", args=[offer.pk]))

    offer.refresh_from_db()
    assert (answer.status_code, offer.withdrawn_at, offer.practice) == (404, None, other)


def test_inviting_asks_for_a_fresh_proof(admin, time_machine):
    time_machine.move_to(NOW)
    client = signed_in(admin)
    time_machine.move_to(NOW + timedelta(minutes=6))

    response = client.get(reverse("accounts:invite"))

    assert response["Location"].startswith(reverse("account_reauthenticate"))


LONGER_IN_SMALL_LETTERS = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}" * 200 + "@example.com"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"email": "x", "role": "billing"},
        {"email": "a@example.com", "role": "king"},
        {"email": LONGER_IN_SMALL_LETTERS, "role": "billing"},
    ],
)
def test_an_invitation_that_is_not_whole_is_not_sent(page, form):
    response = page.post(reverse("accounts:invite"), form)

    assert (response.status_code, Invitation.objects.count()) == (422, 0)


def test_nothing_but_address_and_role_comes_from_the_form(page, admin, practice):
    other = factories.make_practice(name="Elsewhere")
    form = {
        "email": "a@example.com", "role": "billing", "practice": other.pk, "invited_by": 1,
        "accepted_at": "2026-01-01", "expires_at": "2099-01-01", "token_hash": "known",
    }  # fmt: skip

    page.post(reverse("accounts:invite"), form)

    offer = Invitation.objects.get()
    assert (offer.practice, offer.invited_by, offer.accepted_at) == (practice, admin, None)
    assert (offer.token_hash != "known", (offer.expires_at - offer.invited_at).days) == (True, 7)


def test_a_closed_account_is_signed_out_and_stays_out(page, dr_bob):
    his = signed_in(dr_bob.user)

    page.post(closing_of(dr_bob.user))

    assert his.get(reverse("home"))["Location"].startswith(reverse("account_login"))
    assert AuditEvent.objects.filter(action="account.closed").count() == 1


def test_its_open_invitations_are_withdrawn(practice, admin):
    second = factories.make_member(practice, Role.ADMIN, "second@example.com")
    signed_in(second).post(reverse("accounts:invite"), {"email": "a@b.example", "role": "billing"})

    staffing.deactivate(user=second, practice=practice, by=admin, now=NOW)

    assert Invitation.objects.get().withdrawn_at


def test_two_who_close_it_leave_it_closed(page, practice, dr_bob):
    second = signed_in(factories.make_member(practice, Role.ADMIN, "second@example.com"))

    for admins in (page, second):
        admins.post(closing_of(dr_bob.user), {"deed": "close"})

    dr_bob.user.refresh_from_db()
    assert not dr_bob.user.is_active
    assert AuditEvent.objects.filter(action="account.closed").count() == 1


def test_it_can_be_opened_again(page, dr_bob):
    page.post(closing_of(dr_bob.user))

    page.post(closing_of(dr_bob.user), {"deed": "open"})

    dr_bob.user.refresh_from_db()
    assert dr_bob.user.is_active
    assert AuditEvent.objects.filter(action="account.opened").count() == 1


def test_the_last_admin_stays(page, admin):
    response = page.post(closing_of(admin))

    admin.refresh_from_db()
    assert (response.status_code, admin.is_active) == (409, True)
    assert "This is the only admin" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_close_each_other_leave_one(practice, admin):
    second = factories.make_member(practice, Role.ADMIN, "second@example.com")
    pairs = [(admin, second), (second, admin)]

    def close(number):
        by, user = pairs[number]
        try:
            staffing.deactivate(user=user, practice=practice, by=by, now=NOW)
        except staffing.LastAdmin:
            return "refused"
        return "closed"

    assert sorted(at_once(2, close)) == ["closed", "refused"]


def test_one_of_two_roles_is_taken_away_and_the_sessions_end(page, practice, dr_bob):
    extra = Membership.objects.create(user=dr_bob.user, practice=practice, role=Role.SUPERVISOR)
    his = signed_in(dr_bob.user)

    page.post(reverse("accounts:role_removal", args=[extra.pk]))

    assert set(dr_bob.user.memberships.values_list("role", flat=True)) == {Role.PROVIDER}
    assert his.get(reverse("home")).status_code == 302


def test_the_only_role_stays(page, dr_bob):
    only = dr_bob.user.memberships.get()

    response = page.post(reverse("accounts:role_removal", args=[only.pk]))

    assert (response.status_code, dr_bob.user.memberships.count()) == (409, 1)


@pytest.fixture
def needed(visit, alice, dr_bob):
    """A therapist with a booked visit, a patient nobody else treats, and an unread message."""
    thread = threads.open_for(visit, now=NOW)
    words = {"body": "Are you there?", "message_id": uuid4()}
    messages.send(thread=thread, by=alice.user, now=NOW, **words)
    return dr_bob


TIES = ["One patient whom nobody else treats", "One booked visit", "One unread message"]


def end_of_work(user, practice, deed):
    """The page that closes the account, or the one that takes the therapist's role away."""
    if deed == "closing":
        return closing_of(user)
    Membership.objects.get_or_create(user=user, practice=practice, role=Role.SUPERVISOR)
    return reverse("accounts:role_removal", args=[user.memberships.get(role=Role.PROVIDER).pk])


def still_works(user):
    user.refresh_from_db()
    return user.is_active and user.memberships.filter(role=Role.PROVIDER).exists()


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.mark.parametrize("deed", ["closing", "role_removal"])
def test_what_hangs_on_a_therapist_is_named_and_holds_the_end(clock, page, practice, needed, deed):
    address = end_of_work(needed.user, practice, deed)

    asked, answer = page.get(address), page.post(address, {"deed": "close"})

    for shown in (asked.content.decode(), answer.content.decode()):
        assert [words in shown for words in TIES] == [True] * 3
        assert (reverse("accounts:care_team") in shown, "Alice" in shown) == (True, False)
    assert (asked.status_code, answer.status_code) == (200, 409)
    assert still_works(needed.user)


@pytest.mark.parametrize("deed", ["closing", "role_removal"])
def test_at_once_it_ends_all_the_same(clock, page, practice, needed, deed):
    address = end_of_work(needed.user, practice, deed)

    answer = page.post(address, {"deed": "close", "at_once": "on"})

    assert (answer.status_code, still_works(needed.user)) == (302, False)


def test_another_role_of_hers_hangs_on_nothing(clock, page, practice, needed):
    extra = Membership.objects.create(user=needed.user, practice=practice, role=Role.SUPERVISOR)

    answer = page.post(reverse("accounts:role_removal", args=[extra.pk]))

    assert (answer.status_code, still_works(needed.user)) == (302, True)


def test_a_patient_for_whom_somebody_stands_in_is_not_left_alone(clock, alice, dr_bob, carol):
    factories.make_care(alice, dr_bob)
    before = ties.of(dr_bob.user, now=NOW)

    factories.make_care(alice, carol, "covering")

    assert (before, ties.of(dr_bob.user, now=NOW)) == (TIES[:1], [])


def test_but_a_closed_account_stands_in_for_nobody(clock, alice, dr_bob, carol):
    factories.make_care(alice, dr_bob)
    factories.make_care(alice, carol, "covering")

    carol.user.is_active = False
    carol.user.save()

    assert ties.of(dr_bob.user, now=NOW) == TIES[:1]


@pytest.fixture
def officer(practice):
    return factories.make_member(practice, Role.PRIVACY_OFFICER, "officer@example.com")


@pytest.mark.parametrize("deed", ["closing", "role_removal"])
def test_the_last_privacy_officer_stays(page, practice, officer, deed):
    Membership.objects.create(user=officer, practice=practice, role=Role.BILLING)
    held = officer.memberships.get(role=Role.PRIVACY_OFFICER)

    response = page.post(reverse(f"accounts:{deed}", args=[held.pk]), {"at_once": "on"})

    officer.refresh_from_db()
    assert (response.status_code, officer.is_active) == (409, True)
    assert officer.memberships.filter(role=Role.PRIVACY_OFFICER).exists()
    assert "This is the only privacy officer" in response.content.decode()


def test_one_of_two_privacy_officers_may_leave(page, practice, officer):
    factories.make_member(practice, Role.PRIVACY_OFFICER, "second@example.com")

    assert page.post(closing_of(officer)).status_code == 302


@pytest.mark.parametrize("deed", ["closing", "role_removal"])
def test_the_others_who_watch_are_told_of_each_end_in_neutral_words(
    clock, page, practice, admin, officer, biller, deed, mailoutbox
):
    second = factories.make_member(practice, Role.PRIVACY_OFFICER, "second@example.com")
    Membership.objects.create(user=second, practice=practice, role=Role.BILLING)
    held = second.memberships.get(role=Role.PRIVACY_OFFICER)

    page.post(reverse(f"accounts:{deed}", args=[held.pk]))
    duties.sweep(now=NOW)

    assert sorted(mail.to for mail in mailoutbox) == [
        ["admin@example.com"],
        ["officer@example.com"],
    ]
    assert not any("second" in mail.subject + mail.body for mail in mailoutbox)
    assert all("/staff/" in mail.body or "/access-log/" in mail.body for mail in mailoutbox)
