"""Addresses of accounts."""

from django.urls import path

from accounts import trail_views, views

app_name = "accounts"
urlpatterns = [
    path("about-you/", views.about_you, name="about_you"),
    path("access/", trail_views.access, name="access"),
    path("access-log/", trail_views.access_log, name="access_log"),
    path("access-log/searches/", trail_views.create_access_search, name="create_access_search"),
    path("access-log/exports/", trail_views.create_access_export, name="create_access_export"),
]
