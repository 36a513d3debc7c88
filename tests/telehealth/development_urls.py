"""The site as it is with DJANGO_DEBUG on. Settings of a test come too late for telehealth.urls."""

from telehealth import development, urls

urlpatterns = [*urls.urlpatterns, *development.urlpatterns]
handler404 = urls.handler404
