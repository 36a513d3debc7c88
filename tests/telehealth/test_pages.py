"""Pages that need no account and no database."""

import pytest
from django.urls import reverse


def test_help_is_there_without_an_account_and_without_a_database(client):
    page = client.get(reverse("help_now"))

    assert page.status_code == 200
    assert 'href="tel:988"' in page.content.decode()


@pytest.mark.parametrize("path", ["/nothing/", "/visits-of-someone/"])
def test_an_unknown_address_says_what_to_do(client, path):
    page = client.get(path)

    assert page.status_code == 404
    assert "Go to the start" in page.content.decode()
