"""From a held time to a booked visit: whatever is still missing comes next."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def next_step(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    return render(request, "base.html")


@require_GET
def review(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    return render(request, "base.html")
