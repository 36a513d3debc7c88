"""Addresses of billing."""

from django.urls import path

from billing import views

app_name = "billing"
urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
]
