"""Addresses of accounts."""

from django.urls import path

from accounts import (
    care_team_views,
    contact_views,
    coverage_views,
    emergency_review_views,
    entry_views,
    invitation_views,
    lock_views,
    profile_views,
    security_views,
    staff_views,
    trail_views,
    views,
)

app_name = "accounts"
urlpatterns = [
    path("about-you/", views.about_you, name="about_you"),
    path("contact/", contact_views.contact_rules, name="contact_rules"),
    path("profile/", profile_views.profile, name="profile"),
    path("patients/<uuid:patient_ref>/coverage/", coverage_views.coverages, name="coverages"),
    path(
        "patients/<uuid:patient_ref>/coverage/<int:coverage_id>/end/",
        coverage_views.create_coverage_end,
        name="create_coverage_end",
    ),
    path("access/", trail_views.access, name="access"),
    path("access-log/", trail_views.access_log, name="access_log"),
    path("access-log/searches/", trail_views.create_access_search, name="create_access_search"),
    path("access-log/export/", trail_views.access_export, name="access_export"),
    path("security/", security_views.security, name="security"),
    path("second-step/", security_views.second_step, name="second_step"),
    path("devices/<int:device_id>/end/", security_views.end_device, name="end_device"),
    path("lock/", lock_views.lock, name="lock"),
    path("activity/", lock_views.activity, name="activity"),
    path("staff/", staff_views.staff, name="staff"),
    path("staff/invitations/new/", staff_views.invite, name="invite"),
    path(
        "staff/invitations/<int:invitation_id>/withdrawal/",
        staff_views.create_withdrawal,
        name="create_withdrawal",
    ),
    path("staff/<int:member_id>/closing/", staff_views.closing, name="closing"),
    path("staff/<int:member_id>/role-removal/", staff_views.role_removal, name="role_removal"),
    path("therapists/", entry_views.entry_list, name="entry_list"),
    path("therapists/<slug:slug>/", entry_views.entry, name="entry"),
    path("therapists/<slug:slug>/licenses/", entry_views.create_licence, name="create_licence"),
    path(
        "therapists/<slug:slug>/licenses/<int:licence_id>/ending/",
        entry_views.licence_ending,
        name="licence_ending",
    ),
    path(
        "therapists/<slug:slug>/verification/",
        entry_views.create_verification,
        name="create_verification",
    ),
    path("therapists/<slug:slug>/listing/", entry_views.create_listing, name="create_listing"),
    path("invitation/", invitation_views.invitation, name="invitation"),
    path("invitation/link/", invitation_views.invitation_link, name="invitation_link"),
    path("devices/end-others/", security_views.end_others, name="end_other_devices"),
    path("reviews/", emergency_review_views.emergency_reviews, name="emergency_reviews"),
    path(
        "reviews/<uuid:access_id>/",
        emergency_review_views.emergency_review,
        name="emergency_review",
    ),
    path("care-teams/", care_team_views.care_team, name="care_team"),
    path(
        "care-teams/<int:care_id>/reopening/",
        care_team_views.create_reopening,
        name="create_reopening",
    ),
]
