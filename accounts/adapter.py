"""How allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import factors, mail, revocation, step_up
from accounts.following import leading, wanted
from accounts.models import User

JUST_SENT = _("We sent a letter there a moment ago. You can ask for a new one in ten seconds.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _(
            "This email and password do not go together."
            " Check both, or choose a new password below."
        ),
        "incorrect_code": _("This is not the code we sent. Check the newest email from us."),
        "incorrect_password": _("This is not your current password."),
        "enter_current_password": _("This is not your current password."),
        "too_many_passwords": _(
            "That was tried too often. Your account is safe. Wait five minutes and try again."
        ),
        "too_many_login_attempts": JUST_SENT,  # what is left of it: see `pre_authenticate`
        "rate_limited": JUST_SENT,
        "duplicate_email": _("This is already your email."),
        "email_taken": _("This email cannot be used here. Choose another."),
    }

    def is_safe_url(self, url: str) -> bool:
        """As `accounts.following`: a word would be taken for the name of a page."""
        return url.startswith("/") and bool(super().is_safe_url(url))

    def is_reauthentication_required(self, *, app: str, **_kwargs: Any) -> bool:
        return not step_up.is_stepped_up(current.request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Who has a second factor proves it with that, best by passkey: see `accounts.step_up`."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if factors.has_one(user):
            methods = [method for method in methods if method["id"] != "reauthenticate"]
        return sorted(methods, key=lambda method: not method["id"].endswith("webauthn"))

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            revocation.announce(user)  # now that the session is gone

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Too many passwords were wrong: allauth says the same where too many codes were asked."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refusal:
            raise self.validation_error("too_many_passwords") from refusal

    def respond_email_verification_sent(
        self, request: HttpRequest, user: User | None
    ) -> HttpResponse:
        """The page for the code knows the way on: whoever comes back to it goes on from there."""
        return HttpResponseRedirect(leading("account_email_verification_sent", to=wanted(request)))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        letter = self.render_mail(template_prefix, email, {"email": email, **context})
        mail.post(
            subject=letter.subject,
            body=letter.body,
            to=email,
            has_code="code" in context,
            now=timezone.now(),  # noqa: TID251 -- an edge: allauth calls from its views
        )

    def save_user(
        self,
        request: HttpRequest,
        user: User,
        form: Form,
        commit: bool = True,  # noqa: FBT001, FBT002 -- allauth's signature
    ) -> User:
        form.cleaned_data["email"] = form.cleaned_data["email"].strip().lower()
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved
