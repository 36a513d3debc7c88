"""Where `next` may lead: to a path of this site, and nowhere else."""

import pytest
from django.test import RequestFactory

from accounts.following import following, wanted


@pytest.mark.parametrize("address", ["/visits/", "/?state=IL", "/messages/#last"])
def test_a_path_of_this_site_is_followed(address):
    assert wanted(RequestFactory().get("/", {"next": address})) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "xyz",
        "home",
        "./visits/",
        " /visits/",
        "//evil.example/",
        "/\\evil.example",
        "//[",
        "https://evil.example/",
        "http://testserver/visits/",
        "javascript:alert(1)",
    ],
)
def test_anything_else_leads_to_the_page_named_instead(address):
    request = RequestFactory().post("/", {"next": address})

    assert (wanted(request), following(request, otherwise="home")) == ("", "/home/")


def test_a_word_leads_on_from_every_page_that_follows(sign_in, alice, client, settings):
    settings.STRIPE_SIMULATOR = True
    mine = sign_in(alice.user)

    answers = [
        client.post("/zone/", {"next": "xyz"}),
        client.post("/zone/", {"next": "xyz", "zone": "America/Chicago"}),
        mine.get("/consents/", {"next": "xyz"}),
        mine.get("/card/", {"next": "xyz"}),
        mine.get("/card/return/", {"next": "xyz"}),
        mine.get("/account/login/", {"next": "xyz"}),
    ]

    assert [answer.status_code for answer in answers] == [302, 302, 200, 200, 302, 302]
