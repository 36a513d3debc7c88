import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core import duties
from core.models import Duty
from tests.factories import PASSWORD, make_user
from tests.signing_in import show_factor

EMAIL = "Alice.Doe@Example.com"
FORM = {"email": EMAIL, "password1": PASSWORD}
BOOKING = "/booking/8d5f4f0e-58a1-4a05-8a4d-9d3b2b3c7d11/"
ON = "?" + urlencode({"next": BOOKING})


@pytest.fixture
def confirmed(db):
    """A user with a confirmed address."""
    user = make_user("alice.doe@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def newest_letter():
    duties.sweep(now=timezone.now())
    return mail.outbox[-1]


def newest_code() -> str:
    return re.search(r"\d{4}-\d{4}", newest_letter().body)[0]


def sign_up(client, **more):
    return client.post(reverse("account_signup"), FORM | more)


def confirm(client, code, **more):
    return client.post(reverse("account_email_verification_sent"), {"code": code} | more)


def signed_in_id(client):
    return client.session.get("_auth_user_id")


def test_signing_up_lowers_the_email_and_signs_in_after_the_code(db, client):
    sign_up(client)
    before = signed_in_id(client)

    confirm(client, newest_code())

    user = User.objects.get()
    assert (user.email, before, signed_in_id(client)) == (
        "alice.doe@example.com",
        None,
        str(user.pk),
    )


def test_the_way_on_is_kept_through_the_code(db, client):
    sign_up(client, next=BOOKING)

    response = confirm(client, newest_code())

    assert (response.status_code, response["Location"]) == (302, BOOKING)


def test_a_way_on_to_another_site_is_dropped(db, client):
    sign_up(client, next="https://evil.example/")

    response = confirm(client, newest_code())

    assert response["Location"] == reverse("home")


def test_the_session_survives_signing_up(db, client):
    session = client.session
    session["holder"] = "secret"
    session.save()

    sign_up(client)
    confirm(client, newest_code())

    assert client.session["holder"] == "secret"


def test_the_session_survives_another_email(db, client):
    session = client.session
    session["holder"] = "secret"
    session.save()
    sign_up(client, next=BOOKING)

    response = confirm(client, "", action="restart")

    assert (
        response["Location"] == f"{reverse('account_signup')}?next=%2Fbooking%2F{BOOKING[9:-1]}%2F"
    )
    assert client.session["holder"] == "secret"


def test_a_new_code_replaces_the_old(db, client):
    sign_up(client)
    old = newest_code()
    cache.clear()

    confirm(client, "", action="resend")
    response = confirm(client, old)

    assert response.status_code == 422
    assert confirm(client, newest_code()).status_code == 302


def test_a_short_password_is_refused_and_the_email_kept(db, client):
    response = sign_up(client, password1="short")

    assert (response.status_code, User.objects.count()) == (422, 0)
    assert "Make it 15 characters or more. A few words are best." in response.content.decode()
    assert f'value="{EMAIL}"' in response.content.decode()


def test_signing_up_with_a_known_email_looks_the_same(confirmed, client, django_user_model):
    known = sign_up(client)
    known_page = client.get(known["Location"]).content.decode()
    known_letter = newest_letter()
    client.cookies.clear()
    unknown = sign_up(client, email="new@example.com")
    unknown_page = client.get(unknown["Location"]).content.decode()

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert visible(known_page) == visible(unknown_page.replace("new@", "alice.doe@"))
    assert known_letter.subject == "You already have an account"


def visible(page: str) -> str:
    """The page without its CSRF tokens."""
    return re.sub(r"[A-Za-z0-9]{64}", "", page)


def test_a_wrong_code_three_times_ends_the_try(db, client):
    sign_up(client)

    statuses = [confirm(client, "0000-0000").status_code for _ in range(3)]

    assert statuses == [422, 422, 302]
    assert confirm(client, newest_code())["Location"] == reverse("account_login")


def test_signing_in(confirmed, client):
    client.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})

    assert signed_in_id(client) == str(confirmed.pk)


def test_a_wrong_password_is_refused_like_an_unknown_email(confirmed, client):
    wrong = client.post(reverse("account_login"), {"login": EMAIL, "password": "x"})
    unknown = client.post(reverse("account_login"), {"login": "no@example.com", "password": "x"})

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    sentence = "This email and password do not go together."
    assert sentence in wrong.content.decode()
    assert sentence in unknown.content.decode()


def test_guessing_a_password_is_slowed_down(confirmed, client):
    for _ in range(5):
        client.post(reverse("account_login"), {"login": EMAIL, "password": "x"})

    response = client.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})

    assert response.status_code == 422
    assert "That was tried too often." in response.content.decode()


def test_many_sign_ups_from_one_address_are_paused(db, client):
    for number in range(20):
        client.cookies.clear()
        sign_up(client, password1="short", email=f"a{number}@example.com")

    response = sign_up(client)

    assert response.status_code == 429
    assert "Too many tries" in response.content.decode()


def test_a_new_password_by_code_signs_in(confirmed, client):
    client.post(reverse("account_reset_password"), {"email": EMAIL})
    client.post(reverse("account_confirm_password_reset_code"), {"code": newest_code()})
    words = "another few calm words"

    client.post(
        reverse("account_complete_password_reset"), {"password1": words, "password2": words}
    )

    confirmed.refresh_from_db()
    assert (confirmed.check_password(words), signed_in_id(client)) == (True, str(confirmed.pk))
    assert newest_letter().subject == "Your password was changed"


def test_a_new_password_for_an_unknown_email_looks_the_same(db, client):
    response = client.post(reverse("account_reset_password"), {"email": "no@example.com"})

    assert response["Location"] == reverse("account_confirm_password_reset_code")
    assert newest_letter().subject == "No account with this email"


def test_changing_the_password_needs_the_old_one(confirmed, client):
    client.force_login(confirmed)
    words = "another few calm words"
    form = {"oldpassword": "wrong", "password1": words, "password2": words}

    refused = client.post(reverse("account_change_password"), form)
    taken = client.post(reverse("account_change_password"), form | {"oldpassword": PASSWORD})

    assert (refused.status_code, taken.status_code) == (422, 302)


def test_a_new_email_counts_from_its_confirmation(confirmed, client):
    client.force_login(confirmed)
    show_factor(client, confirmed)
    client.post(reverse("account_email"), {"action_add": "1", "email": "New@example.com"})
    before = User.objects.get().email

    confirm(client, newest_code())

    assert (before, User.objects.get().email) == ("alice.doe@example.com", "new@example.com")


def test_signing_out_leads_to_the_start(confirmed, client):
    client.force_login(confirmed)

    response = client.post(reverse("account_logout"))

    assert (response["Location"], signed_in_id(client)) == ("/", None)


@pytest.mark.parametrize("is_known", [True, False])
def test_signing_out_lets_the_browser_forget_what_it_kept(confirmed, client, is_known):
    if is_known:
        client.force_login(confirmed)

    asked, done = (ask(reverse("account_logout")) for ask in (client.get, client.post))

    assert "Clear-Site-Data" not in asked.headers
    assert done.headers["Clear-Site-Data"] == '"cache", "storage"'


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password", "account_inactive"]
)
def test_the_entrance_is_open(db, client, name):
    response = client.get(reverse(name))

    assert response.status_code == 200


@pytest.mark.parametrize("name", ["account_email", "account_change_password", "account_logout"])
def test_the_account_pages_open_for_their_owner(confirmed, client, name):
    client.force_login(confirmed)
    show_factor(client, confirmed)

    response = client.get(reverse(name))

    assert (response.status_code, "csrfmiddlewaretoken" in response.content.decode()) == (200, True)


def test_an_email_is_taken_once_whatever_its_case(confirmed):
    with pytest.raises(IntegrityError, match="user_email_once"), transaction.atomic():
        User.objects.create(email="ALICE.DOE@example.com")


def test_no_code_stays_in_the_outbox(db, client):
    sign_up(client)
    before = Duty.objects.get().payload

    newest_letter()

    assert (set(before), Duty.objects.get().payload) == (
        {"letter", "send_before"},
        {},
    )


def test_coming_back_to_the_code_once_signed_in_leads_on(db, client):
    """As the browser's Back does after the code was right."""
    page = sign_up(client, next=BOOKING)["Location"]
    confirm(client, newest_code())

    response = client.get(page)

    assert (response.status_code, response["Location"]) == (302, BOOKING)


def test_coming_to_the_code_without_one_leads_home(confirmed, client):
    client.force_login(confirmed)

    response = client.get(reverse("account_email_verification_sent"))

    assert response["Location"] == reverse("home")


def test_after_three_wrong_codes_one_signs_in_with_a_new_one_and_goes_on(db, client):
    page = sign_up(client, next=BOOKING)["Location"]
    for _ in range(3):
        last = client.post(page, {"code": "0000-0000"})
    cache.clear()  # ten seconds pass

    words = client.get(last["Location"]).content.decode()
    code_page = client.post(last["Location"], {"login": EMAIL, "password": PASSWORD})["Location"]
    response = client.post(code_page, {"code": newest_code()})

    assert last["Location"] == reverse("account_login") + ON
    assert "That was the third wrong code, so it does not count any more." in words
    assert reverse("account_signup") + ON in words
    assert response["Location"] == BOOKING


SOON = "You can ask for a new one in ten seconds."


def test_a_new_code_asked_for_at_once_stays_on_the_page(db, client):
    page = sign_up(client, next=BOOKING)["Location"]

    response = client.post(page, {"action": "resend"}, follow=True)

    assert (response.status_code, response.redirect_chain) == (200, [(page, 302)])
    assert SOON in response.content.decode()
    assert client.post(page, {"code": newest_code()})["Location"] == BOOKING


def test_the_same_email_again_at_once_stays_on_the_form(db, client):
    sign_up(client, next=BOOKING)
    confirm(client, "", action="restart")

    response = sign_up(client, next=BOOKING)

    assert (response.status_code, User.objects.count()) == (422, 1)
    assert SOON in response.content.decode()


def test_signing_in_at_once_without_the_code_says_when_it_goes_on(db, client):
    sign_up(client)
    client.cookies.clear()

    response = client.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})

    assert (response.status_code, SOON in response.content.decode()) == (422, True)


def test_another_new_email_at_once_stays_on_the_form(confirmed, client):
    client.force_login(confirmed)
    form = {"action_add": "1", "email": "new@example.com"}
    client.post(reverse("account_email"), form)

    response = client.post(reverse("account_email"), form)

    assert (response.status_code, SOON in response.content.decode()) == (422, True)


@pytest.mark.parametrize("email", [EMAIL, "new@example.com"])
def test_who_has_an_account_leaves_the_code_for_the_sign_in(confirmed, client, email):
    page = sign_up(client, email=email, next=BOOKING)["Location"]
    words = client.get(page).content.decode()

    response = client.post(page, {"action": "sign-in", "next": BOOKING})

    assert "I already have an account" in words
    assert "If this email has an account here already, the letter says so" in words
    assert client.get(response["Location"]).status_code == 200
    assert response["Location"] == reverse("account_login") + ON


def test_a_new_email_can_be_corrected(confirmed, client):
    client.force_login(confirmed)
    client.post(reverse("account_email"), {"action_add": "1", "email": "wrong@example.com"})
    words = client.get(reverse("account_email_verification_sent")).content.decode()

    response = confirm(client, "", action="restart")

    assert "I already have an account" not in words
    assert (response["Location"], signed_in_id(client)) == (
        reverse("account_email"),
        str(confirmed.pk),
    )


def test_a_code_that_is_too_old_leads_to_the_sign_in_and_on(db, client):
    page = sign_up(client, next=BOOKING)["Location"]
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        response = client.get(page)

    assert response["Location"] == reverse("account_login") + ON
