"""Addresses of accounts."""

from django.urls import path

from accounts import care_team_views, views

app_name = "accounts"
urlpatterns = [
    path("about-you/", views.about_you, name="about_you"),
    path("care-teams/", care_team_views.care_team, name="care_team"),
    path(
        "care-teams/<int:care_id>/reopening/",
        care_team_views.create_reopening,
        name="create_reopening",
    ),
]
