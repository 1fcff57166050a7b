"""An answer that the resident does not speak to: shown, reminded of, never counted as confirmed."""

import datetime as dt

from django.test import Client

from communities.models import Compound, ResidentRequest
from communities.services import request_steps
from communities.services.requests import record_request
from redprop.accounts.models import User
from redprop.desk.owed import owed_by
from redprop.desk.page import Desk
from tests.town import NOW


def days_pass(town, days):
    town.district.clock = NOW + dt.timedelta(days=days)
    town.district.save(update_fields=["clock"])


def answered(town):
    row = record_request(
        compound=Compound.objects.get(code="XP1"),
        source="call",
        category="repair",
        text="楼道灯不亮",
        received_on=NOW.date(),
        acting_user=town.secretary,
    )
    request_steps.answer_request(request=row, text="已换灯", acting_user=town.huanan_contact)
    return row


def silent_on(town, days):
    return set(
        ResidentRequest.objects.silent(NOW.date() + dt.timedelta(days=days)).values_list("pk", flat=True)
    )


def home(town):
    return [o for o in owed_by(Desk(User.objects.get(pk=town.secretary.pk))) if "show=silent" in o.url]


def test_silence_shows_after_fourteen_days_and_confirms_nothing(town):
    row = answered(town)
    assert (silent_on(town, 13), silent_on(town, 14)) == (set(), {row.pk})
    assert not home(town)
    days_pass(town, 14)
    (line,) = home(town)
    assert line.due_on == NOW.date() + dt.timedelta(days=28)
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(town.secretary)
    found = client.get("/desk/requests/", {"show": "silent"})
    assert [r.pk for r in found.context["page_obj"].object_list] == [row.pk]
    assert "14" in found.context["page_obj"].object_list[0].state_words
    days_pass(town, 300)
    row.refresh_from_db()
    assert (row.state, row.closed_on) == ("answered", None)
    assert not home(town)  # reminded of for two weeks, not for ever


def test_a_second_answer_starts_the_days_anew_and_a_word_ends_them(town):
    row = answered(town)
    days_pass(town, 10)
    request_steps.reopen_request(code=row.follow_code, reason="没修好")
    assert silent_on(town, 20) == set()
    request_steps.answer_request(request=row, text="已换线路", acting_user=town.huanan_contact)
    # first answered on day 0, last on day 10
    assert (silent_on(town, 23), silent_on(town, 24)) == (set(), {row.pk})
    request_steps.close_request(code=row.follow_code)
    assert silent_on(town, 24) == set()
