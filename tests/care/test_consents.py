import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from care import consents
from care.models import Consent
from care.purposes import RECORD, SCOPES, Label, Purpose
from core.models import AuditEvent
from tests.factories import NOW, make_patient, make_practice
from tests.threads import at_once

TODAY = date(2026, 12, 1)
ADDRESS = reverse("care:consents")
LIST = reverse("care:consent_list")
DAY = timedelta(days=1)


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
        ({"number": 1}, "consent_once"),
        ({"provision": "maybe", "number": 2}, "consent_given_before_taken_back"),
        ({"kind": "ai", "number": 1, "provision": "deny"}, "consent_given_before_taken_back"),
        ({"number": 0}, "consent_given_before_taken_back"),
        ({"provision": "deny", "ends_at": NOW + DAY}, "consent_given_before_taken_back"),
        ({"ends_at": NOW}, "consent_ends_after_start"),
    ],
)
def test_the_database_refuses(alice, document, fields, constraint):
    sign(alice, document)
    values = {
        "patient": alice,
        "kind": "telehealth",
        "number": 2,
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


def test_an_end_that_is_given_later_counts(alice, document):
    sign(alice, document)
    until = NOW + timedelta(days=30)
    said = {"document": document, "signed_name": "Alice Doe", "by": alice.user}

    consents.sign(patient=alice, now=NOW, until=until, **said)

    latest = Consent.objects.order_by("number").last()
    assert (latest.number, latest.ends_at) == (2, until)


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


def test_a_signature_holds_nothing_that_turns_its_letters(alice, sign_in):
    fields = form(consents.in_force(on=TODAY), signed_name="Alice Doe\u202e")

    response = sign_in(alice.user).post(ADDRESS, fields)

    assert (response.status_code, Consent.objects.count()) == (422, 0)
    assert "a hidden character in this that turns" in response.content.decode()


def test_a_zero_width_space_is_no_part_of_a_signature(alice, sign_in):
    sign_in(alice.user).post(
        ADDRESS, form(consents.in_force(on=TODAY), signed_name="Ali\u200bce Doe")
    )

    assert {consent.signed_name for consent in Consent.objects.all()} == {"Alice Doe"}


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

    page = sign_in(alice.user).get(ADDRESS, follow=True).content.decode()

    assert page.count("Signed by Alice Doe on Tuesday, December 1, 2026") == 2


def test_who_is_no_patient_has_nothing_to_sign(dr_bob, sign_in):
    response = sign_in(dr_bob.user).post(ADDRESS, form(consents.in_force(on=TODAY)))

    assert (response.status_code, Consent.objects.count()) == (404, 0)


# Permitting by purpose, and taking back


def permit(patient, kind, now=NOW, until=None):
    document = consents.text_of(kind, on=TODAY)
    return consents.sign(
        patient=patient,
        document=document,
        signed_name="Alice Doe",
        by=patient.user,
        now=now,
        until=until,
    )


def permits(patient, kind, at=NOW):
    scope = SCOPES[kind]
    return {
        consents.permits(patient, purpose=purpose, data=scope.data, at=at)
        for purpose in scope.purposes
    }


@pytest.mark.parametrize("kind", sorted(SCOPES))
def test_a_consent_permits_its_own_purposes_with_its_own_data_and_nothing_else(alice, kind):
    permit(alice, kind)

    asked = {(p, d) for p in Purpose.values for d in [RECORD, *Label.values]}
    given = {(p, d) for p, d in asked if consents.permits(alice, purpose=p, data=d, at=NOW)}
    assert given == {(purpose, SCOPES[kind].data) for purpose in SCOPES[kind].purposes}


def test_the_one_consent_for_treatment_payment_and_operations_leaves_counseling_notes_out(alice):
    permit(alice, "substance-use")

    assert permits(alice, "substance-use") == {True}
    assert permits(alice, "substance-use-counseling") == {False}


def test_nobody_permits_for_another(alice, mallory):
    permit(alice, "ai")

    assert (permits(alice, "ai"), permits(mallory, "ai")) == ({True}, {False})


def test_taken_back_it_permits_no_longer_and_can_be_given_again(alice):
    permit(alice, "ai")
    consents.take_back(patient=alice, kind="ai", by=alice.user, now=NOW)
    after = permits(alice, "ai")

    permit(alice, "ai", now=NOW + DAY)

    rows = Consent.objects.order_by("number").values_list("number", "provision")
    assert (after, permits(alice, "ai")) == ({False}, {True})
    assert list(rows) == [(1, "permit"), (2, "deny"), (3, "permit")]
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == [
        "consent.signed",
        "consent.taken-back",
        "consent.signed",
    ]


@pytest.mark.parametrize(("later", "given"), [(timedelta(microseconds=-1), True), (DAY * 0, False)])
def test_it_is_over_at_the_moment_at_which_it_ends(alice, later, given):
    permit(alice, "recording", until=NOW + DAY)

    assert permits(alice, "recording", at=NOW + DAY + later) == {given}


def test_one_that_has_ended_can_be_signed_again(alice):
    permit(alice, "recording", until=NOW + DAY)

    again = permit(alice, "recording", now=NOW + 2 * DAY)

    assert (again.number, permits(alice, "recording", at=NOW + 2 * DAY)) == (2, {True})


@pytest.mark.parametrize("kind", ["ai", "cancellation-policy"])
def test_what_is_not_given_or_no_consent_cannot_be_taken_back(alice, document, kind):
    sign(alice, consents.text_of("cancellation-policy", on=TODAY))

    with pytest.raises(consents.NotGiven):
        consents.take_back(patient=alice, kind=kind, by=alice.user, now=NOW)


def test_a_consent_to_care_by_video_that_is_taken_back_is_missing_before_the_next_visit(alice):
    for document in consents.in_force(on=TODAY):
        sign(alice, document)

    consents.take_back(patient=alice, kind="telehealth", by=alice.user, now=NOW)

    assert [d.kind for d in consents.missing(alice, on=TODAY)] == ["telehealth"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_back_at_once_one_does():
    alice = make_patient(make_practice(), "Alice Doe")
    permit(alice, "ai")

    def take_back(_number):
        return consents.take_back(patient=alice, kind="ai", by=alice.user, now=NOW)

    names = sorted(type(one).__name__ for one in at_once(2, take_back))
    assert (names, Consent.objects.count()) == (["Consent", "NotGiven"], 2)


def offer(kind, **more):
    document = consents.text_of(kind, on=TODAY)
    fields = {f"agree-{kind}": "on", f"sha256-{kind}": document.sha256}
    return fields | {"signed_name": "Alice Doe", "until": ""} | more


def consent_page(kind):
    return reverse("care:consent", args=[kind])


def test_the_list_says_of_each_what_is_in_force(alice, sign_in):
    hers = sign_in(alice.user)
    before = hers.get(LIST).content.decode()

    hers.post(consent_page("substance-use"), offer("substance-use"))
    given = hers.get(LIST).content.decode()
    hers.post(reverse("care:create_consent_end", args=["substance-use"]))

    after = hers.get(LIST).content.decode()
    assert [page.count("Permitted since") for page in (before, given, after)] == [0, 1, 0]
    assert [page.count("Take it back") for page in (before, given, after)] == [0, 1, 0]
    assert (after.count("Taken back on"), after.count("Signed by Alice Doe")) == (1, 1)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"agree-ai": ""}, "Tick this if you agree. If not, leave this page"),
        ({"signed_name": "Mallory Moe"}, "We know you as Alice Doe"),
        ({"until": "2020-01-01"}, "Choose a day from today on"),
        ({"until": "soon"}, "id_until_error"),
    ],
)
def test_a_page_that_is_not_right_signs_nothing(alice, sign_in, more, error):
    answer = sign_in(alice.user).post(consent_page("ai"), offer("ai", **more))

    assert (answer.status_code, Consent.objects.count()) == (422, 0)
    assert error in answer.content.decode()


def test_a_form_without_anything_signs_nothing(alice, sign_in):
    answer = sign_in(alice.user).post(consent_page("ai"))

    assert (answer.status_code, Consent.objects.count()) == (422, 0)


def test_a_last_day_is_over_where_the_patient_lives(alice, sign_in):
    sign_in(alice.user).post(consent_page("ai"), offer("ai", until="2030-01-31"))

    assert Consent.objects.get().ends_at == datetime(2030, 2, 1, 6, tzinfo=UTC)  # in Chicago


def test_another_text_than_the_one_shown_is_not_signed(alice, sign_in):
    answer = sign_in(alice.user).post(consent_page("ai"), offer("ai", **{"sha256-ai": "0" * 64}))

    assert (answer.status_code, Consent.objects.count()) == (409, 0)
    assert "renewed while you were reading" in answer.content.decode()


def test_taking_back_twice_says_so(alice, sign_in):
    permit(alice, "ai", now=NOW - 300 * DAY)
    hers, address = sign_in(alice.user), reverse("care:create_consent_end", args=["ai"])

    hers.post(address)
    again = hers.post(address, follow=True)

    assert "There was nothing to take back" in again.content.decode()
    assert Consent.objects.count() == 2


@pytest.mark.parametrize("name", ["care:consent", "care:create_consent_end"])
def test_a_kind_that_does_not_exist_is_not_found(alice, sign_in, name):
    assert sign_in(alice.user).post(reverse(name, args=["anything"])).status_code == 404


def test_the_last_word_on_a_text_is_each_patients_own(alice, mallory, document):
    hers = sign(alice, document)
    sign(mallory, document)
    until = {"document": document, "signed_name": "Mallory Moe", "until": NOW + 9 * DAY}
    anew = consents.sign(patient=mallory, by=mallory.user, now=NOW, **until)

    assert set(Consent.objects.newest()) == {hers, anew}
