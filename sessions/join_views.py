"""From the link in a letter to the check-in."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.letter_links import LetterLinkForm
from accounts.limits import each_try_counts
from accounts.permissions import PUBLIC, policy
from sessions import by_link, join_links, join_notices
from sessions.join_forms import JoinForm


@policy(PUBLIC)
@require_http_methods(["GET", "POST"])
@each_try_counts("join")
def join(request: HttpRequest) -> HttpResponse:
    """Opening it changes nothing: what is behind the # is not sent, and a scanner sends no form."""
    if request.method != "POST":
        return show(request, JoinForm(), status=HTTPStatus.OK)
    form = JoinForm(request.POST)
    if not form.is_valid():
        return show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    browser = by_link.browser_of(request.session)
    try:
        link = join_links.use(browser=browser, now=timezone.now(), **form.cleaned_data)
    except join_links.WrongDate:
        form.add_error("date_of_birth", _("This is not the date we have. Check it, please."))
        return show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except join_links.Refused as refusal:
        return refused(request, form, refusal)
    by_link.keep(request, link, browser)
    return redirect("video:room_check_in", link.appointment_id)


def show(request: HttpRequest, form: JoinForm, *, status: int) -> HttpResponse:
    return render(request, "sessions/join.html", {"form": form}, status=status)


def refused(request: HttpRequest, form: JoinForm, refusal: join_links.Refused) -> HttpResponse:
    is_elsewhere = isinstance(refusal, join_links.UsedElsewhere)
    context = {"is_elsewhere": is_elsewhere, "token": form.cleaned_data["token"]}
    status = HTTPStatus.CONFLICT if is_elsewhere else HTTPStatus.NOT_FOUND
    return render(request, "sessions/join_refused.html", context, status=status)


@policy(PUBLIC)
@require_POST
@each_try_counts("join")
def create_join_link(request: HttpRequest) -> HttpResponse:
    """The same answer for every token: what is sent is told to the patient's mailbox alone."""
    form = LetterLinkForm(request.POST)
    if form.is_valid():
        join_notices.send_again(token=form.cleaned_data["token"], now=timezone.now())
    return render(request, "sessions/join_again.html")
