"""Addresses of appointments."""

from django.urls import path

from appointments import views

app_name = "appointments"
urlpatterns = [
    path("", views.directory, name="directory"),
    path("visits/", views.directory, name="list"),
    path("visits/<uuid:appointment_id>/", views.directory, name="detail"),
]
