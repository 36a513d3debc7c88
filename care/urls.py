"""Addresses of care."""

from django.urls import URLPattern, path

from care import (
    amendment_views,
    consent_views,
    disclosure_views,
    emergency_views,
    note_views,
    psychotherapy_note_views,
    supervision_views,
)

app_name = "care"
urlpatterns: list[URLPattern] = [
    path("consents/", consent_views.sign, name="consents"),
    path("consents/all/", consent_views.consent_list, name="consent_list"),
    path("consents/<slug:kind>/", consent_views.consent, name="consent"),
    path("consents/<slug:kind>/end/", consent_views.create_consent_end, name="create_consent_end"),
    path(
        "visits/<uuid:appointment_id>/note/label/",
        note_views.create_label,
        name="create_label",
    ),
    path("visits/<uuid:appointment_id>/note/", note_views.note, name="note"),
    path("notes/<uuid:note_id>/", supervision_views.signed_note, name="signed_note"),
    path(
        "patients/<uuid:patient_ref>/private-notes/",
        psychotherapy_note_views.psychotherapy_notes,
        name="psychotherapy_notes",
    ),
    path(
        "private-notes/",
        psychotherapy_note_views.own_psychotherapy_notes,
        name="own_psychotherapy_notes",
    ),
    path(
        "private-notes/<uuid:psychotherapy_note_id>/",
        psychotherapy_note_views.psychotherapy_note,
        name="psychotherapy_note",
    ),
    path(
        "private-notes/<uuid:psychotherapy_note_id>/destruction/",
        psychotherapy_note_views.psychotherapy_note_destruction,
        name="psychotherapy_note_destruction",
    ),
    path("disclosures/", disclosure_views.disclosure_list, name="disclosure_list"),
    path(
        "disclosures/register/",
        disclosure_views.disclosure_register,
        name="disclosure_register",
    ),
    path("amendments/", amendment_views.amendments, name="amendments"),
    path("amendments/board/", amendment_views.amendment_board, name="amendment_board"),
    path("amendments/<uuid:request_id>/", amendment_views.amendment, name="amendment"),
    path(
        "amendments/<uuid:request_id>/disagreement/",
        amendment_views.create_disagreement,
        name="create_disagreement",
    ),
    path("supervision/", supervision_views.supervision, name="supervision"),
    path(
        "supervision/<int:agreement_id>/signature/",
        supervision_views.create_signature,
        name="create_signature",
    ),
    path(
        "supervision/<int:agreement_id>/ending/",
        supervision_views.create_ending,
        name="create_supervision_ending",
    ),
    path(
        "supervision/<int:agreement_id>/notes/",
        supervision_views.supervised_notes,
        name="supervised_notes",
    ),
    path("emergency/", emergency_views.emergency_access, name="emergency_access"),
    path("emergency/<uuid:access_id>/", emergency_views.chart, name="emergency_chart"),
    path(
        "emergency/<uuid:access_id>/notes/<uuid:note_id>/",
        emergency_views.emergency_note,
        name="emergency_note",
    ),
    path(
        "emergency/<uuid:access_id>/ending/",
        emergency_views.create_emergency_ending,
        name="create_emergency_ending",
    ),
]
