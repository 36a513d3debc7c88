"""Addresses of care."""

from django.urls import URLPattern, path

from care import consent_views, note_views

app_name = "care"
urlpatterns: list[URLPattern] = [
    path("consents/", consent_views.sign, name="consents"),
    path("visits/<uuid:appointment_id>/note/", note_views.note, name="note"),
]
