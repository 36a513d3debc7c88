"""How a patient may be reached: what she says, and what is safe for whoever says nothing."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import contact
from accounts.models import ContactRules
from accounts.signals import contact_changed
from core.models import AuditEvent
from tests.factories import NOW, make_user

ADDRESS = "/account/contact/"
SAID = {"by_mail": True, "by_text": True, "may_leave_message": True, "safe_hours": (600, 840)}


@pytest.fixture
def texts(settings):
    settings.SMS_URL = "mailbox:"


def save(patient, **said):
    return contact.save_rules(patient=patient, by=patient.user, now=NOW, **SAID | said)


def kept(patient):
    rules = contact.rules_of(patient)
    return rules.by_mail, rules.by_text, rules.may_leave_message, rules.safe_hours


def test_who_says_nothing_gets_mail_and_no_message_that_others_may_hear(alice):
    assert kept(alice) == (True, False, False, None)


def test_what_she_says_is_kept_and_on_the_trail_and_others_hear_of_it(alice):
    heard = []

    def listen(sender, patient, now, **_later):
        heard.append((patient, now))

    contact_changed.connect(listen)
    rules = save(alice)

    event = AuditEvent.objects.get(action="contact.changed")
    assert kept(alice) == (True, True, True, (600, 840))
    assert (event.by_id, event.patient_id, event.subject_id) == (
        alice.user_id,
        alice.pk,
        str(rules.pk),
    )
    assert heard == [(alice, NOW)]


def test_saying_it_anew_leaves_one_row(alice):
    save(alice)
    save(alice, by_mail=False, safe_hours=None)

    assert kept(alice) == (False, True, True, None)
    assert ContactRules.objects.count() == 1


NO_HOURS = [(600, None), (None, 600), (600, 600), (600, 0), (600, 1441), (1440, 600)]


@pytest.mark.parametrize("hours", NO_HOURS)
def test_the_database_refuses_hours_that_are_none(alice, hours):
    from_minute, to_minute = hours

    with pytest.raises(IntegrityError, match="contact_rules_hours_whole"), transaction.atomic():
        ContactRules.objects.create(
            patient=alice, safe_from_minute=from_minute, safe_to_minute=to_minute
        )


# The page


def test_she_sees_what_holds_now(alice, sign_in, texts):
    save(alice)

    page = sign_in(alice.user).get(ADDRESS).content.decode()

    assert page.count(" checked") == 3
    assert 'value="10:00"' in page
    assert 'value="14:00"' in page
    assert "Text messages go to 312-555-0123." in page


def test_she_changes_it(alice, sign_in, texts):
    said = {"channels": ["text"], "safe_from": "09:30", "safe_to": "00:00"}

    response = sign_in(alice.user).post(ADDRESS, said)

    assert (response.status_code, response["Location"]) == (302, ADDRESS)
    assert kept(alice) == (False, True, False, (570, 1440))


def test_the_night_may_be_the_only_safe_time(alice, sign_in):
    client = sign_in(alice.user)

    response = client.post(
        ADDRESS, {"channels": ["mail"], "safe_from": "22:00", "safe_to": "06:00"}
    )
    page = client.get(ADDRESS).content.decode()

    assert (response.status_code, kept(alice)[-1]) == (302, (1320, 360))
    assert ('value="22:00"' in page, 'value="06:00"' in page) == (True, True)


def test_she_may_want_to_hear_nothing_at_all(alice, sign_in, texts):
    sign_in(alice.user).post(ADDRESS, {})

    assert kept(alice) == (False, False, False, None)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"safe_from": "09:00"}, "Give both times, or neither."),
        ({"safe_to": "09:00"}, "Give both times, or neither."),
        ({"safe_from": "10:00", "safe_to": "10:00"}, "Choose another time than the first."),
        ({"safe_from": "25:00", "safe_to": "09:00"}, "Write the time as hours and minutes"),
        ({"channels": ["pigeon"]}, "Choose one from the list."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_kept(alice, sign_in, texts, said, words):
    response = sign_in(alice.user).post(ADDRESS, said)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert ContactRules.objects.count() == 0


def test_where_no_texts_are_sent_none_can_be_chosen(alice, sign_in, settings):
    settings.SMS_URL = ""
    client = sign_in(alice.user)

    page = client.get(ADDRESS).content.decode()
    response = client.post(ADDRESS, {"channels": ["text"]})

    assert "text message" not in page.lower()
    assert response.status_code == 422


def test_who_has_no_record_yet_has_no_such_page(db, sign_in):
    assert sign_in(make_user("new@example.com")).get(ADDRESS).status_code == 404


@pytest.mark.parametrize("name", ["home", "accounts:about_you"])
def test_her_pages_lead_to_it(alice, sign_in, name):
    page = sign_in(alice.user).get(reverse(name)).content.decode()

    assert f'href="{ADDRESS}"' in page


@pytest.mark.parametrize(
    ("said", "gateway", "told"),
    [
        (None, "", True),
        ({"by_mail": False}, "mailbox:", False),
        ({"by_mail": False, "by_text": True}, "mailbox:", True),
        ({"by_mail": False, "by_text": True}, "", False),
    ],
)
def test_who_has_left_no_channel_has_to_be_called(alice, settings, said, gateway, told):
    settings.SMS_URL = gateway
    if said is not None:
        ContactRules.objects.create(patient=alice, **said)

    assert contact.is_told(alice) is told
