import logging
import re

import pytest
from django.http import HttpResponse

from core import audit, request_ids
from core.models import AuditEvent
from core.request_ids import LogFilter, RequestIdMiddleware
from tests.factories import NOW

ID = re.compile(r"[0-9a-f]{16}")


def test_an_answer_tells_the_id_of_its_request(client):
    answers = [client.get("/help-now/", headers={"x-request-id": "mine"}) for _ in range(2)]

    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(ID.fullmatch(one) for one in ids)
    assert len(set(ids)) == 2


def test_a_row_of_the_trail_carries_the_id(rf, alice):
    def write(_request):
        audit.record_reads("chart.read", patient_ids=[alice.pk], by=None, at=NOW)
        return HttpResponse()

    response = RequestIdMiddleware(write)(rf.get("/"))

    assert AuditEvent.objects.get().request_id == response.headers["X-Request-Id"]


def test_a_line_of_the_log_carries_the_id(rf):
    lines = []

    def log(_request):
        lines.append(line())
        return HttpResponse()

    response = RequestIdMiddleware(log)(rf.get("/"))

    assert [*lines, line()] == [response.headers["X-Request-Id"], "-"]


def line():
    record = logging.makeLogRecord({})
    LogFilter().filter(record)
    return record.request_id


def test_a_request_that_fails_leaves_no_id_behind(rf):
    def fail(_request):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        RequestIdMiddleware(fail)(rf.get("/"))

    assert request_ids.current() == ""


@pytest.mark.asyncio
async def test_a_socket_has_an_id():
    ids = []

    async def application(_scope, _receive, _send):
        ids.append(request_ids.current())

    await request_ids.for_sockets(application)({}, None, None)

    assert ID.fullmatch(ids[0])
