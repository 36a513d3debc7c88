"""The security label of an encounter: its author says that federal law protects it more.

What has one is shown to others than author and patient only under the patient's consent, which
`ProgressNote.objects.readable_by` asks for at each read. On every copy goes the notice below.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from care.models import Encounter, ProgressNote
from care.notes import NotTheProvider
from core import audit

# 42 CFR 2.32(a)(1), as amended in 2024 (89 FR 12472). The law's own words: not translated.
NOTICE = (
    "This record which has been disclosed to you is protected by Federal confidentiality rules"
    " (42 CFR part 2). These rules prohibit you from using or disclosing this record, or testimony"
    " that describes the information contained in this record, in any civil, criminal,"
    " administrative, or legislative proceedings by any Federal, State, or local authority, against"
    " the patient, unless authorized by the consent of the patient, except as provided at 42 CFR"
    " 2.12(c)(5) or as authorized by a court in accordance with 42 CFR 2.64 or 2.65. In addition,"
    " the Federal rules prohibit you from making any other use or disclosure of this record unless"
    " at least one of the following applies: (i) Further use or disclosure is expressly permitted"
    " by the written consent of the individual whose information is being disclosed in this record"
    " or as otherwise permitted by 42 CFR part 2. (ii) You are a covered entity or business"
    " associate and have received the record pursuant to a consent for treatment, payment, or"
    " health care operations. (iii) You have received the record from a covered entity or business"
    " associate as permitted by 45 CFR part 164, subparts A and E. A general authorization for the"
    " release of medical or other information is NOT sufficient to meet the required elements of"
    " written consent to further use or redisclose the record (see 42 CFR 2.31)."
)


@transaction.atomic
def put(*, note: ProgressNote, label: str, by: User, now: datetime) -> None:
    """Label the encounter of a note, signed or not; a blank takes the label off.

    :param label: one of `Label`, or blank
    :raises NotTheProvider: if `by` is not the author of the note
    """
    encounter = Encounter.objects.select_for_update().get(pk=note.encounter_id)
    if note.author.user_id != by.pk:
        raise NotTheProvider
    if encounter.label == label:
        return
    action = "encounter.labeled" if label else "encounter.unlabeled"
    encounter.label = label
    encounter.save(update_fields=["label"])
    patient_id = note.encounter.appointment.patient_id
    audit.record(action, subject=encounter, by=by, at=now, patient_id=patient_id, reason=label)


def notice_of(note: ProgressNote) -> str:
    """The notice that goes with the note to whoever is not its author; blank if it has no label."""
    return NOTICE if note.encounter.label else ""
