"""Addresses of sessions."""

from django.urls import URLPattern

app_name = "video"
urlpatterns: list[URLPattern] = []
