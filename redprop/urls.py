"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

handler500 = "redprop.public.views.failed"

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("accounts/", include("redprop.accounts.urls")),
    path("desk/", include("redprop.desk.urls")),
    path("", include("redprop.public.urls")),
]
