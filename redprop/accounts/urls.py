"""Addresses of signing in and out, and of one's own account."""

from django.urls import path

from redprop.accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.account, name="account"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("code/", views.Code.as_view(), name="code"),
    path("provider/", views.provider_start, name="provider"),
    path("provider/back/", views.provider_back, name="provider-back"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("second-factor/new/", views.Enrol.as_view(), name="enrol"),
    path("kept-words/", views.kept_words, name="kept-words"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("password/", views.Password.as_view(), name="password"),
    path("devices/end/", views.end_sessions, name="end-sessions"),
]
