"""The lock page, and the page's report that somebody is there."""

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts import idle, lock_page
from accounts.following import following
from accounts.http import SignedInRequest
from accounts.lock import while_locked
from accounts.permissions import SIGNED_IN, policy
from accounts.wall import before_factor


@policy(SIGNED_IN)
@while_locked
@before_factor
@require_http_methods(["GET", "POST"])
def lock(request: SignedInRequest) -> HttpResponse:
    if request.method == "GET":
        if idle.is_locked(request.session, now=idle.clock()):
            return lock_page.show(request)
        return HttpResponseRedirect(following(request, otherwise="home"))
    form = lock_page.sent_form(request)
    if not form.is_valid():
        kept = request.POST.get("kept", "")
        return lock_page.show(request, form=form, kept=kept, status=422)
    form.unlock(request, now=idle.clock())
    return unlocked(request)


def unlocked(request: SignedInRequest) -> HttpResponse:
    """Lead on: to what was typed before the lock, if there is any."""
    if not idle.is_by_hand(request):
        return HttpResponse(status=204)
    if kept := lock_page.read(request.POST.get("kept", "")):
        return render(request, "accounts/kept.html", {"kept": kept})
    return HttpResponseRedirect(following(request, otherwise="home"))


@policy(SIGNED_IN)
@while_locked
@before_factor
@require_http_methods(["GET", "POST"])
def activity(request: SignedInRequest) -> HttpResponse:
    """GET asks how long the session has; POST says that somebody is there. A lock stays locked."""
    now = idle.clock()
    if request.method == "POST" and not idle.is_locked(request.session, now=now):
        idle.touch(request.session, now=now)
    left = max(0, idle.seconds_left(request.session, now=now))
    # The token: who signed in anew in another window has a new one, and this page an old one.
    return JsonResponse({"left": left, "who": str(request.user.pk), "csrf": get_token(request)})
