"""Addresses of care."""

from django.urls import URLPattern, path

from care import consent_views, emergency_views, note_views, supervision_views

app_name = "care"
urlpatterns: list[URLPattern] = [
    path("consents/", consent_views.sign, name="consents"),
    path("visits/<uuid:appointment_id>/note/", note_views.note, name="note"),
    path("notes/<uuid:note_id>/", supervision_views.signed_note, name="signed_note"),
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
