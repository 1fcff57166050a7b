"""The right of reply: one stands beside the entry, older ones are kept, none carries numbers of persons."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from enterprises.models import EnterpriseContact
from evaluations.models import EntryReply, ListEntry, Release
from evaluations.services.replies import add_reply, take_back_reply
from redprop.common.errors import Refused
from redprop.public import adapters
from tests.evaluations.quarter import build_quarter, closed_quarter, noticed_quarter, veto

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(cast):
    """The first project is black by veto; its enterprise has a contact."""
    quarter = build_quarter(cast)
    veto(quarter.projects[0], cast.registrar)
    EnterpriseContact.objects.create(
        user=cast.enterprise_contact, enterprise=quarter.enterprises[0], valid_from=dt.date(2020, 1, 1)
    )
    return quarter


@pytest.fixture
def entry(quarter):
    noticed_quarter(quarter)
    Release.objects.update(files_published_at="2026-10-12T12:00+08:00")
    return ListEntry.objects.get(project=quarter.projects[0])


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)


def public_replies(district):
    return {e.name: e.reply for r in adapters.releases_of(district) for e in r.entries if e.reply}


def test_the_newest_reply_stands_in_public_and_the_older_one_is_kept(entry, cast):
    add_reply(entry=entry, text="电梯已于9月更换", acting_user=cast.enterprise_contact)
    assert not Release.objects.filter(files_published_at__isnull=False).exists()
    add_reply(entry=entry, text="电梯已更换，整改报告已交街道", acting_user=cast.enterprise_contact)
    assert public_replies(cast.district) == {"1号项目": "电梯已更换，整改报告已交街道"}
    assert entry.replies.count() == 2
    take_back_reply(entry=entry, acting_user=cast.enterprise_contact)
    assert public_replies(cast.district) == {}
    assert entry.replies.count() == 2
    refused("no-reply", lambda: take_back_reply(entry=entry, acting_user=cast.enterprise_contact))


def test_only_the_own_contact_replies_and_without_numbers_of_persons(entry, quarter, cast):
    def reply(text="已整改", user=cast.enterprise_contact, of=entry):
        return lambda: add_reply(entry=of, text=text, acting_user=user)

    refused("not-contact", reply(user=cast.registrar))
    other = ListEntry.objects.filter(project=quarter.projects[2]).get()
    refused("not-contact", reply(of=other))
    refused("text-missing", reply(text="  "))
    refused("too-long", reply(text="长" * 501))
    with pytest.raises(Refused):
        reply(text="请联系王先生13912345678")()
    assert not EntryReply.objects.exists()


def test_there_is_nothing_to_reply_to_before_the_notice_and_after_the_tombstone(quarter, cast):
    closed_quarter(quarter)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    refused("not-public", lambda: add_reply(entry=entry, text="已整改", acting_user=None))
    plain = ListEntry.objects.get(project=quarter.projects[1])
    refused("not-public", lambda: add_reply(entry=plain, text="已整改", acting_user=None))


def test_a_tombstone_shows_no_reply(entry, cast):
    add_reply(entry=entry, text="已整改", acting_user=cast.enterprise_contact)
    ListEntry.objects.filter(pk=entry.pk).update(state="withdrawn")
    assert public_replies(cast.district) == {}


def test_the_contact_replies_at_the_desk(entry, cast):
    client = Client()
    client.force_login(cast.enterprise_contact)
    assert [e.pk for e in client.get(reverse("desk:entries")).context["page_obj"]] == [entry.pk]
    act = reverse("desk:entry-act", args=[entry.pk, "reply"])
    client.post(act, {"text": "身份证420102199003074578"})
    assert not EntryReply.objects.exists()
    client.post(act, {"text": "已整改"})
    page = client.get(reverse("desk:entry", args=[entry.pk]))
    assert page.context["standing"].text == "已整改"
