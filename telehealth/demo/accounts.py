"""The demo practice's sign-ins. They are public, so they exist in development only."""

from dataclasses import dataclass

PASSWORD = "quiet-river-morning-light"  # noqa: S105 -- printed at each start, on purpose


@dataclass(frozen=True)
class SignIn:
    """One demo person that anybody may sign in as."""

    role: str
    email: str
    password: str = PASSWORD


def sign_ins() -> list[SignIn]:
    """Return one person of each role. The same every time."""
    return [
        SignIn("patient", "patient@demo.example"),
        SignIn("provider", "provider@demo.example"),
        SignIn("supervisor", "supervisor@demo.example"),
        SignIn("billing", "billing@demo.example"),
        SignIn("front-desk", "frontdesk@demo.example"),
        SignIn("practice-admin", "admin@demo.example"),
    ]
