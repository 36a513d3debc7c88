"""Every address of the site. An app's own addresses are in its urls.py."""

from django.conf import settings
from django.urls import include, path, re_path

from telehealth import (
    calendar_views,
    desk_patient_views,
    errors,
    home,
    intake,
    pages,
    record_views,
)

urlpatterns = [
    path("", include("appointments.urls")),
    path("", include("sessions.urls")),
    path("", include("care.urls")),
    path("", include("messaging.urls")),
    path("", include("billing.urls")),
    path("account/", include("accounts.urls")),
    path("account/", include("accounts.entrance_urls")),
    path("home/", home.home, name="home"),
    path("calendar/day/", calendar_views.calendar_day, name="calendar_day"),
    path("calendar/week/", calendar_views.calendar_week, name="calendar_week"),
    path("calendar/month/", calendar_views.calendar_month, name="calendar_month"),
    path("board/", calendar_views.board, name="board"),
    path("desk/patients/", desk_patient_views.desk_patients, name="desk_patients"),
    path(
        "desk/patients/<uuid:patient_ref>/",
        desk_patient_views.desk_patient,
        name="desk_patient",
    ),
    path(
        "desk/patients/<uuid:patient_ref>/booking/",
        desk_patient_views.book_for,
        name="desk_booking",
    ),
    path("booking/<uuid:appointment_id>/", intake.next_step, name="booking"),
    path("booking/<uuid:appointment_id>/review/", intake.review, name="booking_review"),
    path("booking/<uuid:appointment_id>/renewal/", intake.create_renewal, name="booking_renewal"),
    path("visits/<uuid:appointment_id>/preparation/", intake.preparation, name="preparation"),
    path("record/", record_views.record, name="record"),
    path("record/copy/", record_views.create_record_copy, name="create_record_copy"),
    path("help-now/", pages.help_now, name="help_now"),
]

if settings.DEBUG:
    from telehealth import development

    urlpatterns += development.urlpatterns
    urlpatterns += [re_path(r"^.*/$", errors.not_found)]  # instead of Django's technical page

handler400 = "telehealth.errors.bad_request"
handler404 = "telehealth.errors.not_found"
handler500 = "telehealth.errors.server_error"
