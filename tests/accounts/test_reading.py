"""A record that is opened leaves a row in the trail, whoever asks and whatever is done with it."""

import pytest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import Patient
from accounts.reading import ReadingMiddleware
from core import duties, outbox, reads
from core.models import AuditEvent, Duty
from core.policy import SYSTEM, serves
from tests.factories import NOW, RECORDED, make_visit
from tests.signing_in import signed_in
from tests.web_role import as_owner

NAME = "Alice Doe"


def rows(**fields):
    """What the trail holds of reads: the action, by whom, of whose record."""
    read = AuditEvent.objects.filter(action__endswith=".read", **fields).order_by("id")
    return list(read.values_list("action", "by_id", "patient_id"))


def answer(view, user):
    """What a browser gets from `view`, through the middleware alone."""
    request = RequestFactory().get("/")
    request.user = user
    request.resolver_match = None
    return ReadingMiddleware(view)(request)


def refuse_reads():
    """Let the database refuse each row of a read, as it would when its disk is full."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE core_auditevent ADD CONSTRAINT full_disk CHECK (action NOT LIKE '%.read')"
            " NOT VALID"
        )


def test_a_page_with_somebody_on_it_is_a_row(sign_in, dr_bob, alice, visit):
    sign_in(dr_bob.user).get(reverse("appointments:detail", args=[visit.id]))

    assert rows() == [("appointments.detail.read", dr_bob.user.pk, alice.pk)]


def test_a_patient_who_reads_her_own_record_is_a_row_too(sign_in, alice):
    sign_in(alice.user).get(reverse("accounts:about_you"))

    assert rows() == [("accounts.about-you.read", alice.user.pk, alice.pk)]


def test_a_page_that_shows_nobody_is_no_row(sign_in, client, alice, dr_bob):
    client.get(reverse("appointments:directory"))
    sign_in(dr_bob.user).get(reverse("messaging:list"))

    assert rows() == []


def test_each_patient_on_a_page_is_one_row_and_all_are_written_at_once(
    sign_in, dr_bob, alice, mallory, django_assert_num_queries
):
    def list_twice(_request):
        return HttpResponse([p.name + p.legal_name for p in Patient.objects.order_by("-pk")])

    with django_assert_num_queries(1 + RECORDED):
        answer(list_twice, dr_bob.user)

    assert [patient for *_, patient in rows()] == [alice.pk, mallory.pk]


def test_a_row_that_nobody_opened_is_not_a_read(dr_bob, alice):
    answer(lambda _: HttpResponse(str(len(Patient.objects.all()))), dr_bob.user)

    assert rows() == []


def test_a_page_that_failed_after_reading_is_a_row(sign_in, dr_bob, alice):
    def fail(_request):
        assert Patient.objects.get().legal_name == NAME
        return HttpResponse("it broke", status=500)

    answer(fail, dr_bob.user)

    assert rows() == [("page.read", dr_bob.user.pk, alice.pk)]


def test_what_cannot_be_recorded_is_not_shown(sign_in, dr_bob, alice, visit):
    page = sign_in(dr_bob.user)
    address = reverse("appointments:detail", args=[visit.id])
    shown = page.get(address)
    refuse_reads()

    withheld = page.get(address)

    assert (shown.status_code, NAME in shown.content.decode()) == (200, True)
    assert withheld.status_code == 503
    assert "every change of it is written down" in withheld.content.decode()
    assert "Alice" not in withheld.content.decode() + str(withheld.headers)


def test_what_streams_is_recorded_chunk_by_chunk(dr_bob, alice, mallory):
    def names(_request):
        patients = Patient.objects.order_by("pk")
        return StreamingHttpResponse(patient.legal_name for patient in patients)

    chunks = iter(answer(names, dr_bob.user).streaming_content)
    before = rows()
    first = next(chunks)

    assert (before, first) == ([], NAME.encode())
    assert [patient for *_, patient in rows()] == [alice.pk]
    assert [*chunks] == [b"Mallory Moe"]
    assert [patient for *_, patient in rows()] == [alice.pk, mallory.pk]


def test_a_stream_that_cannot_be_recorded_breaks_off(dr_bob, alice):
    def names(_request):
        return StreamingHttpResponse(patient.legal_name for patient in Patient.objects.all())

    response = answer(names, dr_bob.user)
    refuse_reads()

    with pytest.raises(Exception, match="full_disk"):
        list(response.streaming_content)


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_the_note_survives_the_way_through_asgi(async_client, alice, dr_bob, visit):
    from channels.db import database_sync_to_async  # noqa: PLC0415

    browser = await database_sync_to_async(signed_in)(dr_bob.user)
    async_client.cookies = browser.cookies
    address = reverse("appointments:detail", args=[visit.id])

    response = await async_client.get(address)

    assert response.status_code == 200
    found = await database_sync_to_async(rows)()
    assert found == [("appointments.detail.read", dr_bob.user.pk, alice.pk)]


def test_a_duty_that_opens_a_record_is_a_row_by_the_system(alice):
    kind = "test.reading"
    read = serves(SYSTEM)(lambda _payload, _now: str(Patient.objects.get().legal_name))
    duties.HANDLERS[kind] = read
    outbox.enqueue(kind, key="1", payload={}, due_at=NOW)

    duties.sweep(now=NOW)

    del duties.HANDLERS[kind]
    event = AuditEvent.objects.get()
    assert Duty.objects.get().done_at == NOW
    assert (event.action, event.by_id, event.patient_id) == (
        "duty.test.reading.read",
        None,
        alice.pk,
    )


def test_outside_every_scope_nothing_is_recorded(alice):
    assert Patient.objects.get().legal_name == NAME

    assert (reads.take(), rows()) == (set(), [])


def test_a_value_that_was_opened_before_counts_in_the_scope_that_reads_it(alice, dr_bob):
    """Else a row that lives longer than a request would be read unseen."""
    kept = Patient.objects.get()
    assert kept.legal_name == NAME

    answer(lambda _: HttpResponse(kept.legal_name), dr_bob.user)

    assert [patient for *_, patient in rows()] == [alice.pk]


def test_a_visit_of_another_is_neither_shown_nor_recorded(sign_in, mallory, dr_bob, alice):
    visit = make_visit(dr_bob, alice)

    response = sign_in(mallory.user).get(reverse("appointments:detail", args=[visit.id]))

    assert (response.status_code, rows()) == (404, [])
