"""The views of signing up and in: allauth's, answering an invalid form with 422."""

from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormMixin

from accounts.adapter import JUST_SENT
from accounts.following import following, leading, wanted
from accounts.invitation_views import kept
from accounts.step_up import stepped_up
from accounts.wall import before_factor

THIRD_WRONG_CODE = gettext_lazy(
    "That was the third wrong code, so it does not count any more. Your account is safe. Sign in,"
    " and if a code is still needed we send you a new one."
)
# What a browser forgets of us when somebody signs out. Not the cookies: the session has ended, and
# "signed out" is said by one of them.
LEFT_BEHIND = '"cache", "storage"'


class JustSent(Exception):
    """A letter went to this address a moment ago: no other one leaves for ten seconds."""


class Answers422:
    """An invalid form is not OK; allauth answers 200."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]  # of the view
        if response.status_code == HTTPStatus.OK:  # not a redirect
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


class SignIn(Answers422, allauth.LoginView):
    pass


class SignUp(Answers422, allauth.SignupView):
    def get_initial(self) -> dict[str, Any]:
        """Who comes from an invitation finds its address filled in."""
        initial: dict[str, Any] = super().get_initial()
        if offer := kept(self.request):
            initial["email"] = offer.email
        return initial

    def form_valid(self, form: Any) -> HttpResponse:
        """The account, its address and the letter with the code come to be together or not."""
        try:
            with transaction.atomic():
                return self.with_letter(form)
        except IntegrityError:  # two clicks at once: the other one made the account
            to = wanted(self.request)
            return HttpResponseRedirect(leading("account_email_verification_sent", to=to))
        except JustSent:
            return self.refused(form)

    def with_letter(self, form: Any) -> HttpResponse:
        """
        :raises JustSent:
        """
        response: HttpResponse = super().form_valid(form)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise JustSent
        return response

    def refused(self, form: Any) -> HttpResponse:
        form.add_error("email", JUST_SENT)
        return self.form_invalid(form)


class ConfirmEmail(Answers422, allauth.ConfirmEmailVerificationCodeView):
    """The page for the code. The session stays wherever it is left to, and with it a held time."""

    LEAVING = {"restart": "account_signup", "sign-in": "account_login"}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever is signed in and comes back to it has no code to type, and goes on."""
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        if self._process:
            return response
        if request.user.is_authenticated:
            return HttpResponseRedirect(following(request, otherwise="home"))
        return self.leave("account_login")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if page := self.LEAVING.get(request.POST.get("action", "")):
            return self.leave("account_email" if request.user.is_authenticated else page)
        try:
            response: HttpResponse = super().post(request, *args, **kwargs)
        except ImmediateHttpResponse:  # allauth's page for what was asked too often
            messages.info(request, str(JUST_SENT))
            here = leading("account_email_verification_sent", to=wanted(request))
            return HttpResponseRedirect(here)
        return response

    def leave(self, page: str) -> HttpResponse:
        """Forget the code, and go to another page of the entrance, on the same way."""
        to = self.stage.login.redirect_url if self.stage else None
        if self._process:
            self._process.abort()
        return HttpResponseRedirect(leading(page, to=to or wanted(self.request)))

    def _verify_form_invalid(self, form: Any) -> HttpResponse:
        """allauth's says after the third wrong code to wait, which nobody needs to."""
        if self._process.record_invalid_attempt():
            return FormMixin.form_invalid(self, form)
        messages.info(self.request, str(THIRD_WRONG_CODE))
        return self.leave("account_login")


class ChangeEmail(Answers422, allauth.EmailView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Without allauth's list of all her addresses in order: one is shown, none is sorted."""
        return FormMixin.get_context_data(self, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except ImmediateHttpResponse:  # as in ConfirmEmail
            form.add_error("email", JUST_SENT)
            return self.form_invalid(form)
        return response


class ChangePassword(Answers422, allauth.PasswordChangeView):
    pass


class ResetPassword(Answers422, allauth.PasswordResetView):
    pass


class ConfirmReset(Answers422, allauth.ConfirmPasswordResetCodeView):
    pass


class CompleteReset(Answers422, allauth.CompletePasswordResetView):
    pass


sign_in = SignIn.as_view()
sign_up = SignUp.as_view()
confirm_email = ConfirmEmail.as_view()
change_email = before_factor(stepped_up(ChangeEmail.as_view()))
change_password = before_factor(ChangePassword.as_view())
reset_password = ResetPassword.as_view()
confirm_reset = ConfirmReset.as_view()
complete_reset = CompleteReset.as_view()


def sign_out(request: HttpRequest) -> HttpResponse:
    """Also where nobody is signed in: a browser may have come to a visit by a link, or hold a
    time, and whoever leaves wants nothing to be left of it."""
    if request.method == "POST" and not request.user.is_authenticated:
        request.session.flush()
    response: HttpResponse = allauth.logout(request)
    if request.method == "POST":
        response.headers["Clear-Site-Data"] = LEFT_BEHIND
    return response
