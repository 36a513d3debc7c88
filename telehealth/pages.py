"""Pages that belong to nobody and need no database."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def help_now(request: HttpRequest) -> HttpResponse:
    return render(request, "help_now.html")
