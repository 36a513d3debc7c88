"""Addresses of care."""

from django.urls import URLPattern, path

from care import note_views

app_name = "care"
urlpatterns: list[URLPattern] = [
    path("visits/<uuid:appointment_id>/note/", note_views.note, name="note"),
]
