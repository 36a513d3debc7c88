import pytest
from django.urls import reverse

from telehealth.headers import CLOSED, OPEN


def test_a_page_is_never_cached(client):
    response = client.get(reverse("help_now"))

    assert response.headers["Cache-Control"] == "no-store, private"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing/"])
def test_a_page_that_is_none_is_not_cached_either(client, path):
    assert "max-age" not in client.get(path).headers.get("Cache-Control", "")


def test_camera_and_microphone_are_closed_everywhere(client):
    assert client.get(reverse("help_now")).headers["Permissions-Policy"] == CLOSED


@pytest.mark.urls("tests.telehealth.rooms")
@pytest.mark.parametrize(
    ("path", "policy"), [("/room/", OPEN), ("/devices/", OPEN), ("/bedroom/", CLOSED)]
)
def test_camera_and_microphone_open_where_the_address_is_named_a_room(client, path, policy):
    assert client.get(path).headers["Permissions-Policy"] == policy


def test_a_page_keeps_to_itself(client):
    headers = client.get(reverse("help_now")).headers

    assert {
        "X-Frame-Options": headers["X-Frame-Options"],
        "Cross-Origin-Opener-Policy": headers["Cross-Origin-Opener-Policy"],
        "Referrer-Policy": headers["Referrer-Policy"],
        "X-Content-Type-Options": headers["X-Content-Type-Options"],
    } == {
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/static/css/main.css", 200),
        ("/static/css/nothing.css", 404),
        ("/help-now", 301),  # to the address with the slash
        ("/healthz", 200),
    ],
)
def test_what_is_no_page_keeps_to_itself_as_well(client, path, status):
    response = client.get(path)

    assert (response.status_code, missing(response)) == (status, set())


@pytest.mark.django_db
def test_the_way_to_https_keeps_to_itself(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    response = client.get("/help-now/")

    assert (response["Location"], missing(response)) == ("https://testserver/help-now/", set())


@pytest.mark.django_db
@pytest.mark.urls("tests.telehealth.development_urls")
def test_a_static_file_that_is_missing_in_development_is_not_found(client, settings):
    """django-csp leaves Django's own page for it alone, which has a style inside."""
    settings.DEBUG = True

    response = client.get("/static/css/nothing.css")

    assert (response.status_code, missing(response)) == (404, {"Content-Security-Policy"})


def missing(response):
    return {"Content-Security-Policy", "Permissions-Policy"} - set(response.headers)


def test_nothing_inline_and_nothing_foreign_runs(client):
    policy = client.get(reverse("help_now")).headers["Content-Security-Policy"]

    parts = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    assert {
        name: parts[name] for name in ("default-src", "script-src", "style-src", "base-uri")
    } == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "base-uri": "'none'",
    }
