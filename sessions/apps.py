from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions"
    label = "video"  # django.contrib.sessions already owns the label "sessions"
