"""Addresses of sessions. Names begin with "room" where camera and microphone may be used."""

from django.urls import path

from sessions import join_views, views

app_name = "video"
urlpatterns = [
    path("join/", join_views.join, name="join"),
    path("join/new/", join_views.create_join_link, name="create_join_link"),
    path("visits/<uuid:appointment_id>/check-in/", views.check_in, name="room_check_in"),
    path("visits/<uuid:appointment_id>/devices/", views.devices, name="room_devices"),
    path("visits/<uuid:appointment_id>/probe/", views.create_probe, name="room_probe"),
    path("visits/<uuid:appointment_id>/room/", views.room, name="room"),
    path("visits/<uuid:appointment_id>/room/facts/", views.facts, name="room_facts"),
    path("visits/<uuid:appointment_id>/left/", views.left, name="room_left"),
]
