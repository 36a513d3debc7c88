import os
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Membership, Patient
from telehealth.demo import accounts as demo
from tests.factories import make_practice

routed = pytest.mark.urls("tests.telehealth.development_urls")


@pytest.fixture
def development(settings):
    settings.DEBUG = True


@pytest.fixture
def demo_patient(practice):
    return make_demo_patient(practice, "pat")


@pytest.fixture
def clerk(practice):
    user = demo.make_user("desk")
    Membership.objects.create(user=user, practice=practice, role=Membership.Role.FRONT_DESK)
    return user


def make_demo_patient(practice, name):
    return Patient.objects.create(
        user=demo.make_user(name),
        practice=practice,
        legal_name=f"{name.title()} Demo",
        date_of_birth="1990-01-01",
        phone="312-555-0123",
        state="IL",
        zone="America/Chicago",
        emergency_name="E",
        emergency_relation="Friend",
        emergency_phone="312-555-0199",
    )


def signed_in_id(client):
    return client.session.get("_auth_user_id")


def sign_in_by_password(client):
    form = {"login": "pat@demo.example", "password": demo.PASSWORD}
    return client.post(reverse("account_login"), form)


@routed
def test_the_sign_in_page_offers_the_demo_people_by_role(development, demo_patient, clerk, client):
    page = client.get(reverse("account_login")).content.decode()

    assert page.index("<h3>Patient</h3>") < page.index("Pat Demo")
    assert page.index("<h3>Front desk</h3>") < page.index(">desk<")


@routed
def test_the_one_click_is_on_the_list_of_devices(development, demo_patient, client):
    client.post(reverse("demo_sign_in"), {"user": demo_patient.user_id})

    devices = client.get(reverse("accounts:security")).content.decode()

    assert "this one" in devices


@routed
def test_one_click_signs_in_and_leads_on(development, demo_patient, client):
    response = client.post(
        reverse("demo_sign_in"), {"user": demo_patient.user_id, "next": "/visits/"}
    )

    assert (response["Location"], signed_in_id(client)) == ("/visits/", str(demo_patient.user_id))


@routed
def test_one_click_counts_as_every_factor(development, clerk, client):
    client.post(reverse("demo_sign_in"), {"user": clerk.pk})

    assert client.get(reverse("home")).status_code == 200


def test_staff_with_the_demo_password_is_led_to_set_up_a_second_step(clerk, client, settings):
    settings.DEBUG = True

    client.post(reverse("account_login"), {"login": clerk.email, "password": demo.PASSWORD})

    assert client.get(reverse("home"))["Location"] == reverse("accounts:second_step")


@routed
@pytest.mark.parametrize("wanted", ["alice", "", "x", "999999"])
def test_nobody_else_is_signed_in_by_a_click(development, alice, client, wanted):
    user = alice.user_id if wanted == "alice" else wanted

    response = client.post(reverse("demo_sign_in"), {"user": user})

    assert (response.status_code, signed_in_id(client)) == (404, None)


def test_the_sign_in_page_has_no_demo_people_in_production(demo_patient, client):
    page = client.get(reverse("account_login")).content.decode()

    assert ("Demo people" in page, "Pat Demo" in page) == (False, False)


@routed
def test_even_routed_the_pages_are_not_found_in_production(demo_patient, client):
    click = client.post(reverse("demo_sign_in"), {"user": demo_patient.user_id})
    letters = client.get(reverse("mailbox"))

    assert (click.status_code, letters.status_code, signed_in_id(client)) == (404, 404, None)


def test_a_demo_password_is_good_in_development(demo_patient, client, settings):
    settings.DEBUG = True

    sign_in_by_password(client)

    assert signed_in_id(client) == str(demo_patient.user_id)


def test_a_demo_password_is_refused_in_production(demo_patient, client):
    response = sign_in_by_password(client)

    assert (response.status_code, signed_in_id(client)) == (422, None)


def test_a_demo_session_ends_in_production(demo_patient, client, settings):
    client.force_login(demo_patient.user)

    response = client.get(reverse("appointments:list"))

    assert response["Location"].startswith(reverse("account_login"))


def test_the_command_prints_the_sign_ins(development, demo_patient, clerk, capsys):
    call_command("demo_sign_ins")

    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["patient", "front-desk"]
    assert lines[0][1].split(maxsplit=1) == ["pat@demo.example", demo.PASSWORD]


def test_the_command_refuses_in_production(demo_patient):
    with pytest.raises(CommandError, match="in development only"):
        call_command("demo_sign_ins")


def test_a_few_of_each_role_are_listed_in_two_queries(db, django_assert_num_queries):
    practice = make_practice()
    for number in range(6):
        make_demo_patient(practice, f"p{number}")

    with django_assert_num_queries(2):
        names = [person.name for person in demo.sign_ins()]

    assert names == ["P0 Demo", "P1 Demo", "P2 Demo", "P3 Demo"]


@routed
def test_the_mailbox_shows_letters_newest_first(development, db, settings, client, tmp_path):
    settings.MAILBOX_DIR = tmp_path
    mailbox = get_connection("core.mailbox.MailboxBackend")
    for subject in ("Older", "Newer"):
        letter = EmailMessage(subject, "See https://a.example/<x>", to=["a@example.com"])
        letter.attach("visit.ics", "BEGIN:VCALENDAR", "text/calendar")
        mailbox.send_messages([letter])
    stamp(tmp_path)

    page = client.get(reverse("mailbox")).content.decode()

    assert page.index("Newer") < page.index("Older")
    assert page.count("Attached: visit.ics") == 2
    assert page.count("To a@example.com") == 2
    assert "&lt;x&gt;" in page


def stamp(folder: Path):
    """Give the letters times that differ, whatever the file system counts in."""
    for file in folder.iterdir():
        seconds = 2_000 if b"Newer" in file.read_bytes() else 1_000
        os.utime(file, (seconds, seconds))


@routed
@pytest.mark.parametrize(
    "date", ["Thu, 26 Nov 2026 20:00:00 -0000", "Thu, 26 Nov 2026 14:00:00 -0600"]
)
def test_the_mailbox_says_when_in_the_readers_zone(
    development, db, settings, client, tmp_path, date
):
    settings.MAILBOX_DIR = tmp_path
    (tmp_path / "a.eml").write_text(f"Subject: x\nTo: a@example.com\nDate: {date}\n\nHello")

    page = client.get(reverse("mailbox")).content.decode()

    assert "Thursday, November 26, 2026, 3:00\u202fPM, Eastern Time (New York)" in page


@routed
def test_an_empty_mailbox_says_so(development, db, settings, client, tmp_path):
    settings.MAILBOX_DIR = tmp_path

    assert "Nothing was sent yet." in client.get(reverse("mailbox")).content.decode()


@routed
@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "\N{SUPERSCRIPT TWO}"])
def test_a_number_that_is_nobodys_signs_nobody_in(development, db, client, number):
    assert client.post(reverse("demo_sign_in"), {"user": number}).status_code == 404


@routed
def test_a_word_is_no_address_to_lead_on_to(development, demo_patient, client):
    response = client.post(reverse("demo_sign_in"), {"user": demo_patient.user_id, "next": "xyz"})

    assert response["Location"] == reverse("home")
