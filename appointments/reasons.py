"""Why a provider is in the list, which wish she does not meet, and what a visit costs; in words."""

from datetime import date

from django.utils.translation import gettext as _

from accounts.codes import AgeGroup, Concern, Gender, Identity, Language, Method, State
from accounts.models import Licence, Provider
from core.money import dollars

Words = tuple[str, str]
"""What is said where a wish is met, and where it is not."""


def licence(provider: Provider, state: str, *, on: date) -> str:
    """Word the authority to treat in `state`; a licence of the state itself says most."""
    covering = [one for one in provider.licences.all() if one.covers(state, on=on)]
    covering.sort(key=lambda one: one.compact != "")
    return _licence(covering[0], state)


def _licence(licence: Licence, state: str) -> str:
    where = State(state).label
    if not licence.compact:
        return _("licensed in %(state)s") % {"state": where}
    name = licence.compact_name
    return _("may treat in %(state)s under %(compact)s") % {"state": where, "compact": name}


def concern(code: str) -> Words:
    what = {"concern": _in_sentence(str(Concern(code).label))}
    return _("works with %(concern)s") % what, _("does not name %(concern)s") % what


def method(code: str) -> Words:
    what = {"method": _in_sentence(str(Method(code).label))}
    return _("trained in %(method)s") % what, _("does not name %(method)s") % what


def language(code: str) -> Words:
    what = {"language": Language(code).label}
    return _("speaks %(language)s") % what, _("does not speak %(language)s") % what


def payer(name: str) -> Words:
    what = {"payer": name}
    return _("takes %(payer)s") % what, _("does not take %(payer)s") % what


def age_group(code: str) -> Words:
    who = {"age_group": _in_sentence(str(AgeGroup(code).label))}
    return _("sees %(age_group)s") % who, _("does not name %(age_group)s") % who


def max_fee(cents: int) -> Words:
    fee = {"fee": dollars(cents)}
    return _("within %(fee)s") % fee, _("costs more than %(fee)s") % fee


def gender(code: str) -> Words:
    who = {"gender": _in_sentence(str(Gender(code).label))}
    return _("is a %(gender)s") % who, _("does not say: %(gender)s") % who


def identity(code: str) -> Words:
    who = {"identity": Identity(code).label}
    return _("says of themselves: %(identity)s") % who, _("does not say: %(identity)s") % who


def text(words: str) -> Words:
    what = {"words": words}
    return _("found by “%(words)s”") % what, _("not found by “%(words)s”") % what


def times(when: str) -> Words:
    what = {"when": when}
    return _("free on %(when)s") % what, _("nothing free on %(when)s in the next weeks") % what


def fee(provider: Provider, *, minutes: int, max_fee_cents: int | None) -> str:
    """Word the fee; the lower one, by agreement, where only that is within reach."""
    is_within = max_fee_cents is None or provider.fee_cents <= max_fee_cents
    sliding = provider.sliding_fee_cents
    if is_within or sliding is None or (max_fee_cents is not None and sliding > max_fee_cents):
        return _("%(fee)s for %(minutes)d minutes") % {
            "fee": dollars(provider.fee_cents),
            "minutes": minutes,
        }
    return _("from %(fee)s for %(minutes)d minutes, by agreement") % {
        "fee": dollars(sliding),
        "minutes": minutes,
    }


def _in_sentence(label: str) -> str:
    """ "Trauma and PTSD" -> "trauma and PTSD"; "ACT" and other short names stay."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
