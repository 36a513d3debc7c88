"""Why a provider is in the list, in words; and what a visit costs, which is no reason."""

from datetime import date

from django.utils.translation import gettext as _

from accounts.codes import Concern, Language, State
from accounts.models import Licence, Provider
from core.money import dollars

COMPACTS = {"psypact": "PSYPACT", "counseling": "Counseling Compact"}  # proper names


def licence(provider: Provider, state: str, *, on: date) -> str:
    """Word the authority to treat in `state`; a licence of the state itself says most."""
    covering = [one for one in provider.licences.all() if one.covers(state, on=on)]
    covering.sort(key=lambda one: one.compact != "")
    return _licence(covering[0], state)


def _licence(licence: Licence, state: str) -> str:
    where = State(state).label
    if not licence.compact:
        return _("licensed in %(state)s") % {"state": where}
    name = COMPACTS.get(licence.compact, licence.compact)
    return _("may treat in %(state)s under %(compact)s") % {"state": where, "compact": name}


def concern(code: str) -> str:
    return _("works with %(concern)s") % {"concern": _in_sentence(str(Concern(code).label))}


def language(code: str) -> str:
    return _("speaks %(language)s") % {"language": Language(code).label}


def payer(name: str) -> str:
    return _("takes %(payer)s") % {"payer": name}


def fee(provider: Provider, *, minutes: int, max_fee_cents: int | None) -> str:
    """Word the fee; the lower one, by agreement, where only that is within reach."""
    is_within = max_fee_cents is None or provider.fee_cents <= max_fee_cents
    if is_within or provider.sliding_fee_cents is None:
        return _("%(fee)s for %(minutes)d minutes") % {
            "fee": dollars(provider.fee_cents),
            "minutes": minutes,
        }
    return _("from %(fee)s for %(minutes)d minutes, by agreement") % {
        "fee": dollars(provider.sliding_fee_cents),
        "minutes": minutes,
    }


def _in_sentence(label: str) -> str:
    """ "Trauma and PTSD" -> "trauma and PTSD"."""
    return label[:1].lower() + label[1:]
