"""Residents answer by the code of their letter: on a phone, in two languages, without JavaScript, once a household."""

import re

import pytest
from django.test import Client

from evaluations.models import SurveyAnswer
from evaluations.services.survey_answers import plain_code
from redprop.public import quiet
from tests.desk.test_request_journey import clean
from tests.evaluations.surveying import ALL, letters, opened


@pytest.fixture
def survey(cast, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PUBLISHED_ROOT = tmp_path
    monkeypatch.setattr(quiet, "FASTEST_SECONDS", 0)
    quarter = opened(cast)
    _made, pages = letters(quarter, cast, monkeypatch)
    quarter.codes = [plain_code(page.code) for page in pages.values()]
    return quarter


def form(address, **marks):
    page = Client().get(address)
    stamp = re.search(r'name="stamp" value="([^"]+)"', page.content.decode())[1]
    return {"stamp": stamp, **(marks or ALL)}


@pytest.mark.django_db
def test_the_page_says_who_asks_and_until_when_and_takes_one_answer(survey):
    address = f"/s/{survey.codes[0]}/"
    page = Client().get(address)
    words = page.content.decode()
    assert "2026年11月30日" in words
    assert "红色物业" in words
    assert page["Cache-Control"] == "no-store"
    sent = Client().post(address, form(address), REMOTE_ADDR="10.9.0.1")
    assert (sent.status_code, sent["Location"], dict(sent.cookies)) == (302, "/s/thanks/", {})
    assert SurveyAnswer.objects.get(round=survey.round).channel == "letter"
    assert 'name="overall"' not in Client().get(address).content.decode()
    again = Client().post(address, {"stamp": "x", **ALL}, REMOTE_ADDR="10.9.0.1")
    assert again.status_code == 200
    assert SurveyAnswer.objects.filter(round=survey.round).count() == 1


@pytest.mark.django_db
def test_a_typed_code_leads_to_the_questions_and_is_shown_as_another_channel(survey):
    shown = "-".join(re.findall("....", survey.codes[1])).lower()
    moved = Client().get("/s/", {"code": shown})
    assert moved["Location"] == f"/s/{survey.codes[1]}/?by=hand"
    sent = Client().post(moved["Location"], form(moved["Location"]), REMOTE_ADDR="10.9.0.2")
    assert sent.status_code == 302
    assert SurveyAnswer.objects.get(round=survey.round).channel == "link"


@pytest.mark.django_db
def test_english_is_one_link_away_and_stays(survey):
    address = f"/s/{survey.codes[2]}/?lang=en"
    page = Client().get(address)
    assert page["Content-Language"] == "en"
    assert "how satisfied are you with the property service" in page.content.decode()
    sent = Client().post(address, form(address), REMOTE_ADDR="10.9.0.3")
    assert sent["Location"] == "/s/thanks/?lang=en"


@pytest.mark.django_db
def test_what_is_missing_is_said_and_what_was_ticked_stays(survey):
    address = f"/s/{survey.codes[3]}/"
    answer = Client().post(address, form(address, cleaning="4"), REMOTE_ADDR="10.9.0.4")
    assert answer.status_code == 400
    assert re.search(r'name="cleaning" value="4"[^>]* checked', answer.content.decode())
    assert not SurveyAnswer.objects.filter(round=survey.round).exists()


@pytest.mark.django_db
def test_who_tries_many_codes_is_turned_away(survey, monkeypatch):
    counted = []
    monkeypatch.setattr(quiet, "count", lambda kind, who: counted.append((kind, who)))
    answer = Client().get("/s/ABCDEFGHJKMN/", REMOTE_ADDR="10.9.0.5")
    assert answer.status_code == 404
    assert counted == [("wrong-code", "10.9.0.5")]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_resident_types_the_code_and_answers_on_a_phone(survey, live_server, chromium, tmp_path):
    page = chromium.new_page(viewport={"width": 390, "height": 800}, bypass_csp=True)  # axe is put into it
    page.goto(f"{live_server.url}/s/")
    page.screenshot(path=tmp_path / "code.png", full_page=True)
    page.fill("#code", survey.codes[4].lower())
    page.click("main .actions button")
    for name, mark in (("overall", 5), ("cleaning", 3)):
        page.check(f'input[name="{name}"][value="{mark}"]')
    page.screenshot(path=tmp_path / "questions.png", full_page=True)
    clean(page)
    page.click("form.survey button")
    page.wait_for_url("**/s/thanks/")
    page.screenshot(path=tmp_path / "thanks.png", full_page=True)
    answer = SurveyAnswer.objects.get(round=survey.round)
    assert (answer.marks, answer.channel) == ({"overall": 5, "cleaning": 3}, "link")
    page.close()
