"""Public addresses. Each maps to a file below the district's folder: `/lists/` to `lists/index.html`."""

from django.urls import path, re_path

from redprop.public import api, credit, interface, poster, proxies, reporting, survey, views

app_name = "public"

urlpatterns = [
    path("", views.published, name="home"),
    path("find/", views.find_compound, name="find"),
    path("credit/", credit.verify_report, name="credit"),
    path("credit/certificate.pem", credit.certificate, name="credit_certificate"),
    path("credit/<str:code>/", credit.verify_report, name="credit_report"),
    path("r/", reporting.choose, name="report"),
    path("r/<str:code>/", reporting.report, name="report-compound"),
    path("r/<str:code>/help/", proxies.ask, name="ask-proxy"),
    path("r/<str:code>/poster.pdf", poster.poster, name="compound-poster"),
    path("api/v1/requests/", interface.requests, name="api-requests"),
    path("api/v1/requests/<slug:number>/", interface.one, name="api-request"),
    path("api/v1/requests/<slug:number>/confirm/", interface.confirm, name="api-confirm"),
    path("api/v1/requests/<slug:number>/reopen/", interface.reopen, name="api-reopen"),
    path("api/v1/requests/<slug:number>/words/", interface.words, name="api-words"),
    path("api/v1/requests/<slug:number>/photos/", interface.photos, name="api-photos"),
    re_path(r"^api/v1/(?P<path>.*)$", api.answer, name="api"),
    path("s/", survey.enter_code, name="survey"),
    path("s/thanks/", survey.thanks, name="survey-thanks"),
    path("s/<str:code>/", survey.answer, name="survey-answer"),
    path("follow/", reporting.enter_code, name="follow-entry"),
    path("follow/<str:code>/", reporting.follow, name="follow"),
    path("follow/<str:code>/photos/<int:pk>/", reporting.photo, name="follow-photo"),
    re_path(
        r"^(?P<path>(?:lists|compounds|enterprises|flags|subsidies|map|open-data)/(?:[^/]+/)*(?:[a-z0-9-]+\.(?:json|csv|xlsx|zip|xml))?"
        r"|search\.json|sitemap\.xml|robots\.txt)$",
        views.published,
        name="published",
    ),
]
