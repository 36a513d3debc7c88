import hashlib
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from care import consents
from care.models import Consent
from core.models import AuditEvent
from tests.factories import NOW

TODAY = date(2026, 12, 1)
ADDRESS = reverse("care:consents")


@pytest.fixture
def document():
    return consents.in_force(on=TODAY)[0]


@pytest.fixture
def texts(tmp_path, monkeypatch):
    """A folder of texts in place of the real ones. Return a function that adds one."""

    def add(kind, version, text):
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / f"{version}.md").write_text(text)
        consents._all_by_version.cache_clear()

    monkeypatch.setattr(consents, "FOLDER", tmp_path)
    yield add
    consents._all_by_version.cache_clear()


def sign(patient, document, now=NOW, name="Alice Doe"):
    return consents.sign(
        patient=patient, document=document, signed_name=name, by=patient.user, now=now
    )


def form(documents, **more):
    fields = {"signed_name": "Alice Doe", "next": "/visits/"}
    for document in documents:
        fields |= {f"agree-{document.kind}": "on", f"sha256-{document.kind}": document.sha256}
    return fields | more


def test_the_texts_in_force_are_the_consent_and_the_policy():
    assert [(d.kind, d.version, d.title) for d in consents.in_force(on=TODAY)] == [
        ("telehealth", "2026-11-01", "Care by video"),
        ("cancellation-policy", "2026-11-01", "When you cannot come"),
    ]


def test_the_newest_text_of_a_kind_is_in_force_from_its_day(texts):
    texts("telehealth", "2026-01-01", "# Old")
    texts("telehealth", "2026-06-01", "# New")
    texts("telehealth", "2027-01-01", "# Later")

    before, since = date(2026, 5, 31), date(2026, 6, 1)
    assert [d.title for d in consents.in_force(on=before)] == ["Old"]
    assert [d.title for d in consents.in_force(on=since)] == ["New"]


def test_nothing_is_missing_once_all_is_signed(alice, mallory):
    for document in consents.in_force(on=TODAY):
        sign(alice, document)

    assert consents.missing(alice, on=TODAY) == []
    assert consents.missing(mallory, on=TODAY) == consents.in_force(on=TODAY)


def test_a_new_version_is_missing_again(texts, alice):
    texts("telehealth", "2026-01-01", "# Old")
    sign(alice, consents.in_force(on=TODAY)[0])
    texts("telehealth", "2026-06-01", "# New")

    assert [d.title for d in consents.missing(alice, on=TODAY)] == ["New"]


def test_a_signature_keeps_the_hash_of_the_text(alice, document):
    consent = sign(alice, document)

    expected = hashlib.sha256(document.text.encode()).hexdigest()
    event = AuditEvent.objects.get()
    assert (consent.sha256, consent.signed_name, consent.signed_at) == (expected, "Alice Doe", NOW)
    assert (event.action, event.patient_id) == ("consent.signed", alice.pk)


def test_signed_twice_the_first_signature_stays(alice, document):
    first = sign(alice, document)

    second = sign(alice, document, now=NOW + timedelta(days=1), name="Another")

    assert (second.pk, second.signed_name, AuditEvent.objects.count()) == (
        first.pk,
        "Alice Doe",
        1,
    )


@pytest.mark.parametrize(
    "statement", ["UPDATE care_consent SET signed_name = 'x'", "DELETE FROM care_consent"]
)
def test_a_signature_cannot_be_changed_or_removed(alice, document, statement):
    sign(alice, document)

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"signed_name": ""}, "consent_has_name"),
        ({"kind": "anything"}, "consent_kind_known"),
        ({"version": "2026-11-01"}, "consent_once"),
    ],
)
def test_the_database_refuses(alice, document, fields, constraint):
    sign(alice, document)
    values = {
        "patient": alice,
        "kind": "telehealth",
        "version": "2026-12-01",
        "sha256": "0" * 64,
        "signed_name": "Alice Doe",
        "signed_at": NOW,
    }

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Consent.objects.create(**values | fields)


def test_a_guardian_signs_for_a_child(alice, kit, sign_in):
    own, childs = (sign_in(p.user).get(ADDRESS).context["form"] for p in (alice, kit))

    assert own["signed_name"].label == "Your full name"
    assert childs["signed_name"].label == "Your full name, as parent or guardian of Kit Doe"


def test_the_page_signs_both_and_leads_on(alice, sign_in):
    response = sign_in(alice.user).post(ADDRESS, form(consents.in_force(on=TODAY)))

    signed = [(consent.kind, consent.signed_name) for consent in Consent.objects.order_by("kind")]
    assert (response.status_code, response["Location"]) == (302, "/visits/")
    assert signed == [("cancellation-policy", "Alice Doe"), ("telehealth", "Alice Doe")]


def test_sent_twice_it_is_signed_once(alice, sign_in):
    fields = form(consents.in_force(on=TODAY))
    client = sign_in(alice.user)
    client.post(ADDRESS, fields)

    response = client.post(ADDRESS, fields)

    assert (response.status_code, response["Location"], Consent.objects.count()) == (
        302,
        "/visits/",
        2,
    )


def test_without_a_tick_nothing_is_signed_and_the_name_kept(alice, sign_in):
    fields = form(consents.in_force(on=TODAY))
    del fields["agree-telehealth"]

    response = sign_in(alice.user).post(ADDRESS, fields)

    page = response.content.decode()
    assert (response.status_code, Consent.objects.count()) == (422, 0)
    assert "Tick this if you agree." in page
    assert 'value="Alice Doe"' in page


@pytest.mark.parametrize("name", ["Mallory Moe", "Alice", "x", "Alice Doe Junior"])
def test_nobody_signs_with_another_name(alice, sign_in, name):
    fields = form(consents.in_force(on=TODAY), signed_name=name)

    response = sign_in(alice.user).post(ADDRESS, fields)

    page = response.content.decode()
    assert (response.status_code, Consent.objects.count()) == (422, 0)
    assert "We know you as Alice Doe. Type that name to sign." in page
    assert f'value="{name}"' in page


def test_case_and_spaces_of_a_signature_are_forgiven(alice, sign_in):
    fields = form(consents.in_force(on=TODAY), signed_name="  alice  DOE ")

    response = sign_in(alice.user).post(ADDRESS, fields)

    assert response.status_code == 302
    assert {consent.signed_name for consent in Consent.objects.all()} == {"alice DOE"}


@pytest.mark.parametrize(("name", "status"), [("Mary Doe", 302), ("Kit Doe", 422)])
def test_for_a_child_it_is_the_guardians_name(kit, sign_in, name, status):
    fields = form(consents.in_force(on=TODAY), signed_name=name)

    assert sign_in(kit.user).post(ADDRESS, fields).status_code == status


def test_a_text_that_changed_meanwhile_is_shown_anew_and_not_signed(texts, alice, sign_in):
    texts("telehealth", "2026-01-01", "# Care\n\nOld words.")
    fields = form(consents.in_force(on=TODAY))
    texts("telehealth", "2026-06-01", "# Care\n\nNew words.")

    response = sign_in(alice.user).post(ADDRESS, fields)

    page = response.content.decode()
    assert (response.status_code, Consent.objects.count()) == (409, 0)
    assert "New words." in page
    assert consents.in_force(on=TODAY)[0].sha256 in page


def test_the_page_shows_the_text_as_text(texts, alice, sign_in):
    texts("telehealth", "2026-01-01", "# Care\n\n## Part\n\nOne <b>line</b>\nand more.\n\n- a\n- b")

    page = sign_in(alice.user).get(ADDRESS).content.decode()

    assert "<h3>Part</h3>" in page
    assert "<p>One &lt;b&gt;line&lt;/b&gt; and more.</p>" in page
    assert "<ul><li>a</li><li>b</li></ul>" in page


def test_what_was_signed_can_be_read_again(alice, sign_in):
    for document in consents.in_force(on=TODAY):
        sign(alice, document)

    page = sign_in(alice.user).get(ADDRESS).content.decode()

    assert page.count("Signed by Alice Doe on Tuesday, December 1, 2026") == 2


def test_who_is_no_patient_has_nothing_to_sign(dr_bob, sign_in):
    response = sign_in(dr_bob.user).post(ADDRESS, form(consents.in_force(on=TODAY)))

    assert (response.status_code, Consent.objects.count()) == (404, 0)
