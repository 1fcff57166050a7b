"""Passwords that are tried first are refused, with the way out; a password grows old."""

import datetime as dt

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from redprop.accounts.models import User

ZHANG = User(username="zhangjianguo", full_name="张建国", work_phone="02782345678")


@pytest.mark.parametrize(
    "password",
    [
        "Hongse@2026",
        "hongse-2026",
        "Woaini1314!",
        "Aa123456.",
        "P@ssw0rd2026",
        "Admin@123",
        "1qaz@WSX3edc",
        "Wuhan#19900101",
        "Qwer1234!",
        "Jiangan@888",
        "Aaaa1111!!",
    ],
)
def test_what_everybody_takes_is_refused(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, ZHANG)
    assert "password_common_here" in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Zhangjianguo!7xk", "password_oneself"),
        ("zhang-JIAN-guo-83kd", "password_oneself"),
        ("tiedaolingyun", "password_kinds"),
        ("Kd8#w", "password_too_short"),
        ("8273649105827", "password_entirely_numeric"),
    ],
)
def test_names_few_kinds_and_short_ones_are_refused(password, code):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, ZHANG)
    assert code in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize("password", ["qingchuan-2026-chunfeng", "Tielu7haitang", "changjiang dong lai shui"])
def test_a_few_words_together_are_taken(password):
    validate_password(password, ZHANG)


@pytest.mark.django_db
def test_an_old_password_is_changed_before_anything_else_and_not_into_itself(cast, settings):
    settings.PASSWORD_DAYS = 180
    User.objects.update(password_changed_at=timezone.now() - dt.timedelta(days=179))
    client = Client()
    client.force_login(cast.registrar)
    assert client.get("/admin/").status_code == 200
    User.objects.update(password_changed_at=timezone.now() - dt.timedelta(days=181))
    assert client.get("/admin/")["Location"] == "/accounts/password/"
    same = {"old_password": "pw", "new_password1": "pw", "new_password2": "pw"}
    page = client.post("/accounts/password/", same)
    assert "现在用的" in page.content.decode()
    own = "qingchuan-2026-chunfeng"
    client.post("/accounts/password/", {"old_password": "pw", "new_password1": own, "new_password2": own})
    assert client.get("/admin/").status_code == 200
