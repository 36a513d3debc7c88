"""The views of second factors: allauth's, behind a fresh proof, answering a bad form with 422."""

from typing import Any

from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ReauthenticateView
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import flows
from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils import timezone

from accounts import factors, qr
from accounts.entrance import Answers422
from accounts.factor_adapter import FactorAdapter
from accounts.step_up import stepped_up
from accounts.wall import before_factor

HOME = reverse_lazy("accounts:security")
clock = timezone.now  # noqa: TID251 -- views, so an edge


class Authenticate(base.AuthenticateView):
    """The second step of signing in."""

    def form_invalid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response


class FactorAgain(Answers422, base.ReauthenticateView):
    pass


class PasswordAgain(Answers422, ReauthenticateView):
    pass


class PasskeyAgain(webauthn.ReauthenticateWebAuthnView):
    def form_invalid(self, form: Form) -> HttpResponse:
        context = self.get_context_data(form=form)
        response: HttpResponse = self.render_to_response(context, status=422)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the form that was refused: allauth's own view loses it."""
        return {**super().get_context_data(), **kwargs}


class PasskeySignIn(webauthn.LoginWebAuthnView):
    def form_valid(self, form: Form) -> HttpResponse:
        """As allauth, but that the way on is kept."""
        passkey = form.cleaned_data["credential"]
        following = get_next_redirect_url(self.request)
        login = Login(user=passkey.user, redirect_url=following)
        response: HttpResponse = flows.perform_passwordless_login(self.request, passkey, login)
        return response


class AddApp(Answers422, totp.ActivateTOTPView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        parts = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        return context | {"qr": qr.draw(context["totp_url"]), "secret": " ".join(parts)}

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.note_added(self.request, how="totp", now=clock())
        return response


class RemoveApp(Answers422, totp.DeactivateTOTPView):
    success_url = HOME

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.note_removed(self.request, now=clock())
        return response


class AddPasskey(Answers422, webauthn.AddWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(), **kwargs}

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.note_added(self.request, how="webauthn", now=clock())
        return response


def passkeys_of(user: Any) -> QuerySet[Authenticator]:
    kind = Authenticator.Type.WEBAUTHN
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user, type=kind)
    return found


class RenamePasskey(Answers422, webauthn.EditWebAuthnView):
    success_url = HOME

    def get_queryset(self) -> QuerySet[Authenticator]:
        return passkeys_of(self.request.user)


class RemovePasskey(webauthn.RemoveWebAuthnView):
    success_url = HOME

    def get_queryset(self) -> QuerySet[Authenticator]:
        return passkeys_of(self.request.user)

    def form_valid(self, form: Form) -> HttpResponse:
        adapter = FactorAdapter()
        if adapter.can_delete_authenticator(self.get_object()):
            response: HttpResponse = super().form_valid(form)
            factors.note_removed(self.request, now=clock())
            return response
        refusal = adapter.error_messages["cannot_delete_authenticator"]
        messages.error(self.request, str(refusal))
        return HttpResponseRedirect(str(self.success_url))


class NewRecoveryCodes(Answers422, recovery.GenerateRecoveryCodesView):
    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.note(self.request, "factor.codes-renewed", now=clock())
        return response


authenticate = Authenticate.as_view()
sign_in_by_passkey = PasskeySignIn.as_view()
factor_again = before_factor(FactorAgain.as_view())
password_again = before_factor(PasswordAgain.as_view())
passkey_again = before_factor(PasskeyAgain.as_view())
add_app = before_factor(stepped_up(AddApp.as_view()))
remove_app = stepped_up(RemoveApp.as_view())
add_passkey = before_factor(stepped_up(AddPasskey.as_view()))
rename_passkey = stepped_up(RenamePasskey.as_view())
remove_passkey = stepped_up(RemovePasskey.as_view())
recovery_codes = stepped_up(recovery.ViewRecoveryCodesView.as_view())
new_recovery_codes = stepped_up(NewRecoveryCodes.as_view())
download_recovery_codes = stepped_up(recovery.DownloadRecoveryCodesView.as_view())
