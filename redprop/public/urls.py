"""Public addresses. Each maps to a file below the district's folder: `/lists/` to `lists/index.html`."""

from django.urls import path, re_path

from redprop.public import credit, views

app_name = "public"

urlpatterns = [
    path("", views.published, name="home"),
    path("find/", views.find_compound, name="find"),
    path("credit/", credit.verify_report, name="credit"),
    path("credit/<str:code>/", credit.verify_report, name="credit_report"),
    re_path(
        r"^(?P<path>(?:lists|compounds|enterprises|subsidies)/(?:[^/]+/)*(?:index\.json|list\.json|list\.csv|bundle\.zip)?)$",
        views.published,
        name="published",
    ),
]
