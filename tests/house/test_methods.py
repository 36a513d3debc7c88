"""Who may ask for a page may ask for its head, as some browsers, proxies and monitors do."""

import pytest
from django.apps import apps

from tests.factories import make_member, make_visit
from tests.house.addresses import addresses, sample

REFUSED = 405
ALL = sorted((name, sample(name, pattern)) for name, pattern in addresses())


@pytest.fixture(params=["visitor", "patient", "provider", "billing"])
def reader(request, client, sign_in, alice, dr_bob, practice):
    people = {
        "visitor": lambda: client,
        "patient": lambda: sign_in(alice.user),
        "provider": lambda: sign_in(dr_bob.user),
        "billing": lambda: sign_in(make_member(practice, "billing", "books@example.com")),
    }
    return people[request.param]()


@pytest.mark.journey
def test_where_get_is_answered_head_is(reader):
    answers = {
        name: (reader.get(address).status_code, reader.head(address).status_code)
        for name, address in ALL
    }

    refused = [name for name, (get, head) in answers.items() if head == REFUSED != get]
    assert refused == []
    assert {get for get, _ in answers.values()} >= {200, 302, REFUSED}


@pytest.mark.parametrize(
    "address",
    ["/visits/{}/check-in/", "/visits/{}/note/", "/visits/{}/room/", "/visits/{}/", "/home/"],
)
def test_a_head_writes_nothing(sign_in, dr_bob, alice, address, rows):
    visit = make_visit(dr_bob, alice)
    type(visit).objects.update(status="arrived", arrived_at=visit.starts_at)
    for person in (alice, dr_bob):
        browser = sign_in(person.user)
        before = rows()

        response = browser.head(address.format(visit.id))

        assert (response.status_code != REFUSED, response.content) == (True, b"")
        assert rows() == before


@pytest.fixture
def rows(db):
    """Return a function that counts every kind of row."""
    return lambda: {model: model.objects.count() for model in apps.get_models()}
