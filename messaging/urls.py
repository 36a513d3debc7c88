"""Addresses of messaging."""

from django.urls import path

from messaging import views

app_name = "messaging"
urlpatterns = [
    path("messages/", views.thread_list, name="list"),
    path("messages/<uuid:thread_id>/", views.thread, name="thread"),
    path("messages/<uuid:thread_id>/missed/<int:after>/", views.missed, name="missed"),
    path("messages/<uuid:thread_id>/reading/", views.create_reading, name="create_reading"),
    path(
        "messages/attachments/<uuid:attachment_id>/",
        views.attachment,
        name="attachment",
    ),
    path("visits/<uuid:appointment_id>/thread/", views.create_thread, name="create_thread"),
]
