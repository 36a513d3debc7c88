"""The views of signing up and in: allauth's, answering an invalid form with 422."""

from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.invitation_views import kept
from accounts.step_up import stepped_up
from accounts.wall import before_factor


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
                response: HttpResponse = super().form_valid(form)
        except IntegrityError:  # two clicks at once: the other one made the account
            return redirect("account_email_verification_sent")
        return response


class ConfirmEmail(Answers422, allauth.ConfirmEmailVerificationCodeView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "restart":
            return self.restart()
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def restart(self) -> HttpResponse:
        """Back to the sign-up with another address. The session stays, and with it a held time."""
        following = self.stage.login.redirect_url if self.stage else None
        self._process.abort()
        query = f"?{urlencode({'next': following})}" if following else ""
        return redirect(reverse("account_signup") + query)


class ChangeEmail(Answers422, allauth.EmailView):
    pass


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
confirm_email = login_not_required(ConfirmEmail.as_view())
change_email = before_factor(stepped_up(ChangeEmail.as_view()))
change_password = before_factor(ChangePassword.as_view())
reset_password = ResetPassword.as_view()
confirm_reset = ConfirmReset.as_view()
complete_reset = CompleteReset.as_view()
