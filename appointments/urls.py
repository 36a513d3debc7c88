"""Addresses of appointments."""

from django.urls import path, register_converter

from appointments import (
    absence_views,
    anyone_views,
    care_views,
    desk_views,
    external_views,
    feed_views,
    hours_views,
    missing_views,
    move_views,
    policy_views,
    response_views,
    series_views,
    views,
    waitlist_desk_views,
    waitlist_views,
)
from core.day_in_address import DayConverter

register_converter(DayConverter, "day")

app_name = "appointments"
urlpatterns = [
    path("", views.directory, name="directory"),
    path("therapists/<slug:slug>/", views.provider, name="provider"),
    path("zone/", views.create_zone, name="create_zone"),
    path("holds/", views.create_hold, name="create_hold"),
    path("anyone/", anyone_views.anyone, name="anyone"),
    path("anyone/holds/", anyone_views.create_hold_of_anyone, name="create_hold_of_anyone"),
    path("hours/", hours_views.hours_list, name="hours_list"),
    path("hours/<slug:slug>/", hours_views.hours, name="hours"),
    path("hours/<slug:slug>/dates/", hours_views.hours_dates, name="hours_dates"),
    path(
        "hours/<slug:slug>/dates/<day:on>/end/",
        hours_views.create_date_end,
        name="create_date_end",
    ),
    path("hours/<slug:slug>/leave/", hours_views.leave, name="leave"),
    path(
        "hours/<slug:slug>/leave/<day:first_on>/end/",
        hours_views.create_leave_end,
        name="create_leave_end",
    ),
    path("calendars/", feed_views.calendars, name="calendars"),
    path("calendars/feed/", feed_views.feed, name="feed"),
    path("calendars/feed/end/", feed_views.create_feed_end, name="create_feed_end"),
    path("calendars/elsewhere/", external_views.external_calendar, name="external_calendar"),
    path(
        "calendars/elsewhere/<int:calendar_id>/fetch/",
        external_views.create_fetch,
        name="create_fetch",
    ),
    path(
        "calendars/elsewhere/<int:calendar_id>/end/",
        external_views.create_calendar_end,
        name="create_calendar_end",
    ),
    path("calendars/<str:token>/appointments.ics", feed_views.feed_file, name="feed_file"),
    path("desk/absence/<slug:slug>/", absence_views.absence, name="absence"),
    path("cancellation-policy/", policy_views.cancellation_policies, name="cancellation_policies"),
    path("waitlist/", waitlist_views.waitlist, name="waitlist"),
    path("therapists/<slug:slug>/waitlist/", waitlist_views.waitlist_entry, name="waitlist_entry"),
    path(
        "waitlist/<uuid:entry_ref>/end/",
        waitlist_views.create_waitlist_end,
        name="create_waitlist_end",
    ),
    path(
        "waitlist/<uuid:entry_ref>/priority/",
        waitlist_desk_views.waitlist_priority,
        name="waitlist_priority",
    ),
    path("waitlist/offers/<uuid:offer_id>/", waitlist_views.waitlist_offer, name="waitlist_offer"),
    path(
        "waitlist/offers/<uuid:offer_id>/acceptance/",
        waitlist_views.create_offer_acceptance,
        name="create_offer_acceptance",
    ),
    path(
        "waitlist/offers/<uuid:offer_id>/decline/",
        waitlist_views.create_offer_decline,
        name="create_offer_decline",
    ),
    path("desk/waitlist/", waitlist_desk_views.desk_waitlist, name="desk_waitlist"),
    path("desk/waitlist/minutes/", waitlist_desk_views.waitlist_minutes, name="waitlist_minutes"),
    path(
        "desk/patients/<uuid:patient_ref>/waitlist/",
        waitlist_desk_views.desk_waitlist_entry,
        name="desk_waitlist_entry",
    ),
    path("visits/", views.visit_list, name="list"),
    path("visits/<uuid:appointment_id>/", views.detail, name="detail"),
    path("visits/<uuid:appointment_id>/invitation.ics", views.invitation_file, name="invitation"),
    path(
        "visits/<uuid:appointment_id>/cancellation/",
        views.create_cancellation,
        name="create_cancellation",
    ),
    path("visits/<uuid:appointment_id>/noshow/", missing_views.create_noshow, name="create_noshow"),
    path(
        "visits/<uuid:appointment_id>/failure/", missing_views.create_failure, name="create_failure"
    ),
    path("visits/<uuid:appointment_id>/response/", response_views.response, name="response"),
    path(
        "visits/<uuid:appointment_id>/acceptance/",
        response_views.create_acceptance,
        name="create_acceptance",
    ),
    path(
        "visits/<uuid:appointment_id>/help/",
        response_views.create_help_call,
        name="create_help_call",
    ),
    path("help/<int:response_id>/end/", desk_views.create_help_end, name="create_help_end"),
    path("notices/", desk_views.undelivered_list, name="undelivered_list"),
    path("notices/<uuid:duty_id>/retry/", desk_views.create_retry, name="create_retry"),
    path(
        "notices/<uuid:duty_id>/settlement/",
        desk_views.create_settlement,
        name="create_settlement",
    ),
    path("visits/<uuid:appointment_id>/move/", move_views.move, name="move"),
    path("visits/<uuid:appointment_id>/series/", series_views.series, name="series"),
    path(
        "patients/<uuid:patient_ref>/care/ending/",
        care_views.care_ending,
        name="care_ending",
    ),
]
