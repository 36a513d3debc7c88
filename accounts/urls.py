"""Addresses of accounts."""

from django.urls import path

from accounts import security_views, views

app_name = "accounts"
urlpatterns = [
    path("about-you/", views.about_you, name="about_you"),
    path("security/", security_views.security, name="security"),
    path("second-step/", security_views.second_step, name="second_step"),
    path("devices/<int:device_id>/end/", security_views.end_device, name="end_device"),
    path("devices/end-others/", security_views.end_others, name="end_other_devices"),
]
