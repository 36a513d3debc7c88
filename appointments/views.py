"""Find a provider, hold a time, look after one's visits."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def directory(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")
