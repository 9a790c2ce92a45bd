"""Django's table of URLs: all of django-oscar-api below ``/api/``."""

from importlib import import_module

urls = import_module("django.urls")
urlpatterns = [urls.path("api/", urls.include("oscarapi.urls"))]
