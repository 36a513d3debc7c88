"""People and the practice: who signs in, who is cared for, who cares, and with which licence."""

from accounts.models.contact import ContactRules
from accounts.models.coverage import Coverage
from accounts.models.emergency_access import EmergencyAccess
from accounts.models.patients import Erasure, LegalHold, Patient
from accounts.models.practices import Practice
from accounts.models.providers import Licence, Provider, Spellings
from accounts.models.users import Invitation, Membership, User

__all__ = [
    "ContactRules",
    "Coverage",
    "EmergencyAccess",
    "Erasure",
    "Invitation",
    "LegalHold",
    "Licence",
    "Membership",
    "Patient",
    "Practice",
    "Provider",
    "Spellings",
    "User",
]
