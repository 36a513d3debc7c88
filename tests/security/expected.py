"""The expectation: one row an address. Written by hand, and not read from the code.

    name: (methods, audience, objects)

`methods` are those that the address answers; all others are 405. The audience are those for whom
it exists; a visitor is sent to sign in, everybody else gets 404. `objects` says of whom in the
audience which rows exist: "patient: own ended" is the patient, her own row and the one of the
provider whose care ended. Where it is None, the address names no row.
"""

from tests.security.world import ACTORS, AWAY, EVERYBODY, PATIENTS, PROVIDERS


def both(*actors: str) -> set[str]:
    """Those of both practices."""
    return {name for actor in actors for name in (actor, f"{actor} elsewhere")}


ALL = set(EVERYBODY)
MEMBERS = {*ACTORS, *AWAY}
HERS = both(*PATIENTS)
THEIRS = both(*PROVIDERS)
THE_TWO = HERS | THEIRS
EMERGENCY = SUPERVISION = both("supervisor", "supervisor without agreement") | THEIRS

OF_PATIENTS = {
    "patient": "own, ended",
    "other patient": "other",
    "guardian": "child",
    "patient elsewhere": "other practice",
}
OF_PROVIDERS = {
    "own provider": "own",
    "other provider": "other, child",
    "own provider elsewhere": "other practice",
}
OF_THE_TWO = OF_PATIENTS | OF_PROVIDERS
OF_AUTHORS = OF_PROVIDERS | {"ended provider": "ended"}
IN_EMERGENCY = {
    "unassigned provider": "own",
    "supervisor without agreement": "other",
    "unassigned provider elsewhere": "other practice",
}
OF_OFFICERS = {
    "privacy officer": "own, other, child, ended, unassigned",
    "privacy officer elsewhere": "other practice",
}
OF_ADMINS = {
    "admin": "own, other, child, ended, unassigned",
    "admin elsewhere": "other practice",
}
OF_DESK = OF_ADMINS | {who.replace("admin", "front desk"): rows for who, rows in OF_ADMINS.items()}
OF_OFFICERS = {who.replace("admin", "privacy officer"): rows for who, rows in OF_ADMINS.items()}
DESK = both("front desk", "admin")
OFFICES = both("billing", "front desk", "admin")
OF_BILLING = {who.replace("admin", "billing"): rows for who, rows in OF_ADMINS.items()}
OF_OFFICES = OF_DESK | OF_BILLING
# A change is answered by the author of the note, though her care has ended, and by these two.
OF_ANSWERERS = OF_PROVIDERS | OF_ADMINS | OF_OFFICERS | {"ended provider": "ended"}
MEMBERS_LEFT = {"admin": "own, other, child, ended"}  # the provider who left is no member
# A visit is changed by the two, and by the front desk of the practice in their stead.
OF_CHANGING = OF_THE_TWO | OF_DESK
# For whose times a patient may wait: of whoever works in her practice, and has not left it.
OF_TAKERS = dict.fromkeys(PATIENTS, "own, other, child, ended") | {
    f"{who} elsewhere": "other practice" for who in PATIENTS
}
# Whose hours one keeps: a provider her own, the practice those of all who have worked in it.
OF_KEEPERS = {
    "own provider": "own",
    "other provider": "other, child",
    "ended provider": "ended",
    "own provider elsewhere": "other practice",
    "admin": "own, other, child, ended, unassigned",
    "front desk": "own, other, child, ended, unassigned",
    "admin elsewhere": "other practice",
    "front desk elsewhere": "other practice",
}
OF_THEIR_OWN = {who: rows for who, rows in OF_KEEPERS.items() if "provider" in who}
EVERY_ROW = dict.fromkeys(EVERYBODY, "own, other, child, ended, unassigned, other practice")
OFFICE = ("billing", "front desk", "admin", "privacy officer")
READ = "GET HEAD"
FORM = PAGE = "GET HEAD POST"
DESK = both("front desk", "admin")

TABLE = {
    # Finding a therapist, and visits
    "appointments:directory": (READ, ALL, None),
    "appointments:provider": (READ, ALL, EVERY_ROW),
    "appointments:create_zone": ("POST", ALL, None),
    "appointments:create_hold": ("POST", ALL, None),
    "appointments:calendars": (READ, THE_TWO, None),
    "appointments:feed": (FORM, THE_TWO, None),
    "appointments:create_feed_end": ("POST", THE_TWO, None),
    "appointments:external_calendar": (FORM, THEIRS, None),
    "appointments:create_fetch": ("POST", THEIRS, OF_THEIR_OWN),
    "appointments:create_calendar_end": ("POST", THEIRS, OF_THEIR_OWN),
    "appointments:feed_file": (READ, ALL, {}),  # the secret in the address decides
    "appointments:anyone": (READ, ALL, None),
    "appointments:create_hold_of_anyone": ("POST", ALL, None),
    "appointments:cancellation_policies": (FORM, both("admin"), None),
    "appointments:waitlist": (READ, HERS, None),
    "appointments:waitlist_entry": (FORM, HERS, OF_TAKERS),
    "appointments:create_waitlist_end": ("POST", THE_TWO | DESK, OF_CHANGING),
    "appointments:waitlist_offer": (READ, HERS, OF_PATIENTS),
    "appointments:create_offer_acceptance": ("POST", HERS, OF_PATIENTS),
    "appointments:create_offer_decline": ("POST", HERS, OF_PATIENTS),
    "appointments:desk_waitlist": (READ, THEIRS | DESK, None),
    "appointments:desk_waitlist_entry": (FORM, DESK, OF_DESK),
    "appointments:waitlist_priority": (FORM, THEIRS | DESK, OF_PROVIDERS | OF_DESK),
    "appointments:waitlist_minutes": (FORM, both("admin"), None),
    "appointments:list": (READ, THE_TWO, None),
    "appointments:detail": (READ, THE_TWO | DESK, OF_CHANGING),
    "appointments:invitation": (READ, THE_TWO, OF_THE_TWO),
    "appointments:create_cancellation": ("POST", THE_TWO | DESK, OF_CHANGING),
    "appointments:create_noshow": ("POST", THEIRS | DESK, OF_PROVIDERS | OF_DESK),
    "appointments:create_failure": ("POST", THEIRS | DESK, OF_PROVIDERS | OF_DESK),
    "appointments:response": (READ, HERS, OF_PATIENTS),
    "appointments:create_acceptance": ("POST", HERS, OF_PATIENTS),
    "appointments:create_help_call": ("POST", HERS, OF_PATIENTS),
    "appointments:create_help_end": ("POST", DESK, OF_DESK),
    "appointments:undelivered_list": (READ, DESK, None),
    "appointments:create_retry": ("POST", DESK, OF_DESK),
    "appointments:create_settlement": ("POST", DESK, OF_DESK),
    "appointments:move": (FORM, THE_TWO | DESK, OF_CHANGING),
    "appointments:series": (FORM, THE_TWO | DESK, OF_CHANGING),
    "appointments:care_ending": (FORM, THEIRS, OF_PROVIDERS | {"own provider": "own, ended"}),
    "appointments:hours_list": (READ, THEIRS | DESK, None),
    "appointments:hours": (FORM, THEIRS | DESK, OF_KEEPERS),
    "appointments:hours_dates": (FORM, THEIRS | DESK, OF_KEEPERS),
    "appointments:create_date_end": ("POST", THEIRS | DESK, OF_KEEPERS),
    "appointments:leave": (FORM, THEIRS | DESK, OF_KEEPERS),
    "appointments:create_leave_end": ("POST", THEIRS | DESK, OF_KEEPERS),
    # From a held time to a booked visit: the secret of the hold decides, or that it is booked
    "booking": (READ, ALL, OF_PATIENTS),
    "booking_review": (FORM, MEMBERS, OF_PATIENTS),
    "booking_renewal": ("POST", ALL, OF_PATIENTS),
    "preparation": (READ, HERS, OF_PATIENTS),
    "appointments:absence": (
        FORM,
        DESK,
        {who: rows for who, rows in OF_KEEPERS.items() if who in DESK},
    ),
    # The front desk, on behalf of a patient of the practice
    "desk_patients": (FORM, DESK, None),
    "desk_patient": (READ, DESK, OF_DESK),
    "desk_booking": (FORM, DESK, OF_DESK),
    # The room
    "video:room_check_in": (FORM, THE_TWO, OF_THE_TWO),
    "video:room_devices": (READ, THE_TWO, OF_THE_TWO),
    "video:room_probe": ("POST", THE_TWO, OF_THE_TWO),
    "video:room": (READ, THE_TWO, OF_THE_TWO),
    "video:room_facts": (READ, THEIRS, OF_PROVIDERS),
    "video:room_left": (READ, THE_TWO, OF_THE_TWO),
    "video:join": (FORM, ALL, None),
    "video:create_join_link": ("POST", ALL, None),
    # The chart
    "care:consents": (FORM, HERS, None),
    "care:consent_list": (READ, HERS, None),
    "care:consent": (FORM, HERS, EVERY_ROW),  # a text: the row is the reader's own
    "care:create_consent_end": ("POST", HERS, EVERY_ROW),
    "care:disclosure_list": (READ, HERS, None),
    "care:disclosure_register": (FORM, both("admin", "privacy officer"), None),
    "care:amendments": (FORM, HERS, None),
    "care:create_disagreement": ("POST", HERS, OF_PATIENTS),
    "care:amendment_board": (READ, THEIRS | both("admin", "privacy officer"), None),
    "care:amendment": (FORM, THEIRS | both("admin", "privacy officer"), OF_ANSWERERS),
    "care:note": (FORM, THEIRS, OF_PROVIDERS),
    "care:create_label": ("POST", THEIRS, OF_PROVIDERS),
    "care:signed_note": (
        READ,
        SUPERVISION,
        {"supervisor": "own", "supervisor elsewhere": "other practice"},
    ),
    # Beside the chart: the author's own, also when her care has ended; a new one in care alone
    "care:psychotherapy_notes": (FORM, THEIRS, OF_PROVIDERS | {"own provider": "own, ended"}),
    "care:own_psychotherapy_notes": (READ, THEIRS, None),
    "care:psychotherapy_note": (READ, THEIRS, OF_AUTHORS),
    "care:psychotherapy_note_destruction": (FORM, THEIRS, OF_AUTHORS),
    "care:supervision": (FORM, SUPERVISION, None),
    "care:create_signature": (
        "POST",
        THEIRS,
        {
            "own provider": "own",
            "other provider": "other",
            "ended provider": "ended",
            "own provider elsewhere": "other practice",
        },
    ),
    "care:create_supervision_ending": (
        "POST",
        SUPERVISION,
        {
            "supervisor": "own, ended",
            "own provider": "own",
            "other provider": "other",
            "ended provider": "ended",
            "supervisor elsewhere": "other practice",
            "own provider elsewhere": "other practice",
        },
    ),
    "care:supervised_notes": (
        READ,
        both("supervisor", "supervisor without agreement"),
        {"supervisor": "own", "supervisor elsewhere": "other practice"},
    ),
    # The chart in an emergency: each address names the access that it reads by
    "care:emergency_access": (FORM, EMERGENCY, None),
    "care:emergency_chart": (READ, EMERGENCY, IN_EMERGENCY),
    "care:emergency_note": (READ, EMERGENCY, IN_EMERGENCY),
    "care:create_emergency_ending": ("POST", EMERGENCY, IN_EMERGENCY),
    # Messages
    "messaging:list": (READ, THE_TWO, None),
    "messaging:thread": (FORM, THE_TWO, OF_THE_TWO),
    "messaging:missed": (READ, THE_TWO, OF_THE_TWO),
    "messaging:attachment": (READ, THE_TWO, OF_THE_TWO),
    "messaging:create_reading": ("POST", THE_TWO, OF_THE_TWO),
    "messaging:create_thread": ("POST", THE_TWO, OF_THE_TWO),
    # Money
    "billing:card": (FORM, HERS, None),
    "billing:card_return": (READ, HERS, None),
    "billing:charge": (READ, THEIRS, OF_PROVIDERS),
    "billing:create_confirmation": ("POST", THEIRS, OF_PROVIDERS),
    "billing:receipt": (READ, HERS, OF_PATIENTS),
    "billing:receipt_list": (READ, HERS, None),
    "billing:create_payment": ("POST", HERS, OF_PATIENTS),
    "billing:fee_list": (READ, THEIRS | OFFICES, None),
    "billing:fee": (READ, THEIRS | OFFICES, OF_PROVIDERS | OF_OFFICES),
    "billing:create_fee_charge": ("POST", THEIRS | both("billing"), OF_PROVIDERS | OF_BILLING),
    "billing:create_fee_waiver": ("POST", THEIRS | OFFICES, OF_PROVIDERS | OF_OFFICES),
    "billing:create_noshow_end": ("POST", THEIRS | DESK, OF_PROVIDERS | OF_DESK),
    "billing:ledger": (READ, both("billing"), None),
    "billing:claims": (READ, both("billing"), None),
    "billing:stripe_webhook": ("POST", ALL, None),
    "billing:simulator_checkout": (FORM, HERS, {}),
    # People
    "accounts:about_you": (FORM, HERS, None),
    "accounts:contact_rules": (FORM, HERS, None),
    "accounts:profile": (FORM, THEIRS, None),
    "accounts:access": (READ, HERS, None),
    "accounts:access_log": (READ, both("privacy officer"), None),
    "accounts:create_access_search": ("POST", both("privacy officer"), None),
    "accounts:access_export": (FORM, both("privacy officer"), None),
    "accounts:emergency_reviews": (READ, both("privacy officer"), None),
    "accounts:emergency_review": (FORM, both("privacy officer"), OF_OFFICERS),
    "accounts:staff": (READ, both("admin"), None),
    "accounts:invite": (FORM, both("admin"), None),
    "accounts:create_withdrawal": ("POST", both("admin"), OF_ADMINS),
    "accounts:closing": (FORM, both("admin"), OF_ADMINS | MEMBERS_LEFT),
    "accounts:role_removal": (FORM, both("admin"), OF_ADMINS | MEMBERS_LEFT),
    "accounts:entry_list": (READ, both("admin"), None),
    "accounts:entry": (FORM, both("admin"), OF_ADMINS),
    "accounts:create_licence": ("POST", both("admin"), OF_ADMINS),
    "accounts:licence_ending": (FORM, both("admin"), OF_ADMINS),
    "accounts:create_verification": ("POST", both("admin"), OF_ADMINS),
    "accounts:create_listing": ("POST", both("admin"), OF_ADMINS),
    "accounts:care_team": (FORM, both("admin"), None),
    "accounts:coverages": (FORM, OFFICES, OF_OFFICES),
    "accounts:create_coverage_end": ("POST", OFFICES, OF_OFFICES),
    "accounts:create_reopening": (
        "POST",
        both("admin"),
        OF_ADMINS,
    ),
    "record": (READ, HERS, None),
    "create_record_copy": ("POST", HERS, None),
    "home": (READ, MEMBERS, None),
    "calendar_day": (READ, THEIRS, None),
    "calendar_week": (READ, THEIRS, None),
    "calendar_month": (READ, THEIRS, None),
    "board": (READ, DESK, None),
    "help_now": (READ, ALL, None),
    # Signing up and in
    "account_login": (PAGE, ALL, None),
    "account_logout": (PAGE, ALL, None),
    "account_inactive": ("GET HEAD", ALL, None),
    "account_signup": (PAGE, ALL, None),
    "account_email_verification_sent": (PAGE, ALL, None),
    "account_email": (PAGE, MEMBERS, None),
    "account_change_password": (PAGE, MEMBERS, None),
    "account_reset_password": (PAGE, ALL, None),
    "account_confirm_password_reset_code": (PAGE, ALL, None),
    "account_complete_password_reset": (PAGE, ALL, None),
    "account_password_reset_completed": ("GET HEAD", ALL, None),
    # The second factor, devices, the lock: one's own. Nobody here has a factor to look at.
    "accounts:security": (READ, MEMBERS, None),
    "accounts:second_step": (READ, MEMBERS, None),
    "accounts:end_device": ("POST", MEMBERS, {}),
    "accounts:end_other_devices": ("POST", MEMBERS, None),
    "accounts:lock": (FORM, MEMBERS, None),
    "accounts:activity": (FORM, MEMBERS, None),
    "accounts:invitation": (FORM, ALL, {}),
    "accounts:invitation_link": (FORM, ALL, None),
    "account_reauthenticate": (PAGE, MEMBERS, None),
    "mfa_authenticate": (PAGE, ALL, None),
    "mfa_reauthenticate": (PAGE, MEMBERS, None),
    "mfa_activate_totp": (PAGE, MEMBERS, None),
    "mfa_deactivate_totp": (PAGE, MEMBERS, {}),
    "mfa_view_recovery_codes": (READ, MEMBERS, {}),
    "mfa_generate_recovery_codes": (PAGE, MEMBERS, None),
    "mfa_download_recovery_codes": (PAGE, MEMBERS, {}),
    "mfa_login_webauthn": (PAGE, ALL, None),
    "mfa_reauthenticate_webauthn": (PAGE, MEMBERS, None),
    "mfa_add_webauthn": (PAGE, MEMBERS, None),
    "mfa_edit_webauthn": (PAGE, MEMBERS, {}),
    "mfa_remove_webauthn": (PAGE, MEMBERS, {}),
    "mfa_index": (READ, MEMBERS, None),
    "mfa_list_webauthn": (READ, MEMBERS, None),
}
# A supervisor's page is a form for her and a list for the supervised: they do not write there.
NO_POST = {"care:supervision": THEIRS}

# Whose family name may stand on a page of whom. What is not here: one's own alone, or nobody's.
MAY_NAME = (
    {
        "patient": "own, ended",
        "other patient": "other",
        "guardian": "child",
        "patient elsewhere": "other practice",
        "own provider": "own, ended",  # the same patient
        "other provider": "other, child",
        "own provider elsewhere": "other practice",
        "supervisor": "own, ended",
        "peer": "own, ended",
        "supervisor elsewhere": "other practice",
        "peer elsewhere": "other practice",
        "unassigned provider": "own, ended",  # in an emergency, as the next two
        "supervisor without agreement": "other",
        "unassigned provider elsewhere": "other practice",
    }
    | OF_OFFICERS  # who reviews it
    # Whose request one answers, though care has ended.
    | {"ended provider": "own, ended", "ended provider elsewhere": "other practice"}
    | dict.fromkeys(OFFICE, "own, other, child, ended, unassigned")
    | {f"{actor} elsewhere": "other practice" for actor in OFFICE}
)
