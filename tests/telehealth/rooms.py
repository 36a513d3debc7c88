"""Addresses for a test: a room, something in a room, and no room."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.permissions import PUBLIC, policy


@policy(PUBLIC)
def page(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("here")


urlpatterns = [
    path("room/", page, name="room"),
    path("devices/", page, name="room_devices"),
    path("bedroom/", page, name="bedroom"),
]
