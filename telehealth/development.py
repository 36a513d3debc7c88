"""Pages that exist in development only: the mailbox and the demo people."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
