"""Residents' requests in random order by random people, and two at once: the rules hold whatever comes.

Only the resident's code closes; the firm gives nothing back once it is due; what is overdue is not joined
away; the day of the first answer never moves.
"""

import datetime as dt
import threading

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from communities.models import Compound, RequestStep, ResidentRequest
from communities.services import request_joins, request_steps, requests
from redprop.common.errors import Refused
from tests.town import NOW

PEOPLE = ("secretary", "other_secretary", "clerk", "huanan_contact", "jiangtan_contact", "registrar")
ANYBODY, WHICH = st.sampled_from(PEOPLE), st.sampled_from([0, 1, 2])
PHRASES = ("三栋路灯不亮", "三栋路灯还不亮", "三栋的灯坏了")


def report(text="三栋路灯不亮", urgency="ordinary"):
    return requests.record_request(
        compound=Compound.objects.get(code="XP1"),
        source="qr_page",
        category="repair",
        urgency=urgency,
        text=text,
        received_on=NOW.date(),
        acting_user=None,
    )


class Requests(RuleBasedStateMachine):
    """Three requests of one compound; `known` is what the rules say, kept without a look at the rows."""

    town = None

    def __init__(self):
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        self.days = 0
        self.rows = [report(text) for text in PHRASES]
        self.codes = [row.follow_code for row in self.rows]
        self.known = [{"state": "received", "firm": True, "main": i, "said": False} for i in range(3)]
        self.first_answers = [None, None, None]
        self.closed_by_code = [False, False, False]
        self.move_clock()

    def teardown(self):
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    def move_clock(self):
        district = self.rows[0].compound.district
        district.clock = NOW + dt.timedelta(days=self.days)
        district.save(update_fields=["clock"])

    @property
    def today(self):
        return NOW.date() + dt.timedelta(days=self.days)

    def due(self, which):
        return ResidentRequest.objects.values_list("due_on", flat=True).get(pk=self.rows[which].pk)

    def expect(self, allowed, act):
        try:
            act()
        except Refused:
            assert not allowed, "refused, but the rules allow it"
            return False
        assert allowed, "done, but the rules forbid it"
        return True

    @rule(days=st.integers(1, 3))
    def days_pass(self, days):
        if self.days < 25:
            self.days += days
            self.move_clock()

    @rule(which=WHICH, who=ANYBODY, firm=st.booleans())
    def assign(self, which, who, firm):
        one = self.known[which]
        allowed = who == "secretary" and one["state"] == "received"
        if self.expect(
            allowed,
            lambda: request_steps.assign_request(
                request=self.rows[which], to_enterprise=firm, acting_user=getattr(self.town, who)
            ),
        ):
            one["state"], one["firm"] = "assigned", firm

    @rule(which=WHICH, who=ANYBODY)
    def answer(self, which, who):
        one = self.known[which]
        by = "huanan_contact" if one["firm"] and one["state"] != "received" else "secretary"
        allowed = who == by and one["state"] in ("received", "assigned", "reopened")
        if self.expect(
            allowed,
            lambda: request_steps.answer_request(
                request=self.rows[which], text="已处理", acting_user=getattr(self.town, who)
            ),
        ):
            if one["state"] == "received":
                one["firm"] = False
            one["state"] = "answered"
            self.first_answers[which] = self.first_answers[which] or self.today

    @rule(which=WHICH, who=ANYBODY)
    def give_back(self, which, who):
        one = self.known[which]
        allowed = (
            who == "huanan_contact"
            and one["state"] == "assigned"
            and one["firm"]
            and self.today <= self.due(which)
        )
        if self.expect(
            allowed,
            lambda: request_steps.return_request(
                request=self.rows[which], reason="属市政道路", acting_user=getattr(self.town, who)
            ),
        ):
            one["state"] = "received"

    @rule(which=WHICH)
    def confirm(self, which):
        one = self.known[which]
        main = self.known[one["main"]]
        if one["main"] == which:
            allowed = one["state"] == "answered"
        else:
            allowed = not one["said"] and main["state"] in ("answered", "confirmed")
        if self.expect(allowed, lambda: request_steps.close_request(code=self.codes[which])):
            self.closed_by_code[which] = True
            if one["main"] == which:
                one["state"] = "confirmed"
            else:
                one["said"] = True

    @rule(which=WHICH)
    def reopen(self, which):
        main = self.known[self.known[which]["main"]]
        if self.expect(
            main["state"] == "answered",
            lambda: request_steps.reopen_request(code=self.codes[which], reason="没修好"),
        ):
            main["state"] = "reopened"

    @rule(which=WHICH, other=WHICH, who=ANYBODY)
    def join(self, which, other, who):
        one, main = self.known[which], self.known[other]
        allowed = (
            which != other
            and who == "secretary"
            and one["state"] in ("received", "assigned")
            and main["state"] not in ("duplicate", "confirmed")
            and not (one["state"] == "assigned" and one["firm"] != main["firm"])
            and self.today <= self.due(which)
        )
        if self.expect(
            allowed,
            lambda: request_joins.join_duplicate(
                request=self.rows[which], main=self.rows[other], acting_user=getattr(self.town, who)
            ),
        ):
            one["state"] = "duplicate"
            for follower in self.known:
                if follower["main"] == which:
                    follower["main"] = other

    @invariant()
    def the_rows_say_what_the_rules_say(self):
        for i, row in enumerate(
            ResidentRequest.objects.filter(pk__in=[r.pk for r in self.rows]).order_by("pk")
        ):
            one = self.known[i]
            assert (row.state, row.is_for_the_enterprise) == (one["state"], one["firm"])
            assert (row.joined_to_id or row.pk) == self.rows[one["main"]].pk
            assert row.answered_on == self.first_answers[i]
            if row.state == "confirmed" or row.closed_on:
                assert self.closed_by_code[i]
            spoken = row.steps.filter(kind__in=["confirmed", "reopened"])
            assert set(spoken.values_list("by", flat=True)) <= {"resident"}


@pytest.mark.django_db
def test_random_orders_never_break_a_rule_of_requests(town):
    Requests.town = town
    run_state_machine_as_test(
        Requests,
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def plain(pks):
    """`lock_requests` without its lock."""
    rows = ResidentRequest.objects.select_related("compound__district").filter(pk__in=list(pks))
    return {row.pk: row for row in rows}


def close_while_joining(town, monkeypatch):
    """The secretary joins a request to another whose resident closes it at that moment; returns (joined, closed)."""
    main, late = report("三栋路灯不亮"), report("三栋的灯不亮")
    request_steps.assign_request(request=main, to_enterprise=True, acting_user=town.secretary)
    request_steps.answer_request(request=main, text="已换灯", acting_user=town.huanan_contact)
    read, closed = threading.Event(), threading.Event()
    ask = request_joins.require_secretary

    def pause(*args):
        ask(*args)
        read.set()
        closed.wait(2)  # with the lock, closing waits for us instead

    monkeypatch.setattr(request_joins, "require_secretary", pause)

    def join():
        try:
            request_joins.join_duplicate(request=late, main=main, acting_user=town.secretary)
        except Refused:
            pass
        finally:
            connections.close_all()

    def close():
        read.wait(5)
        try:
            request_steps.close_request(code=main.follow_code)
        finally:
            closed.set()
            connections.close_all()

    both = [threading.Thread(target=one) for one in (join, close)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    joined = RequestStep.objects.filter(request=late, kind="joined").first()
    confirmed = RequestStep.objects.get(request=main, kind="confirmed")
    return joined, confirmed


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_request_is_joined_to_a_closed_one(town, monkeypatch):
    for module in (request_joins, request_steps):
        monkeypatch.setattr(module, "lock_requests", plain)
    joined, confirmed = close_while_joining(town, monkeypatch)
    assert joined.pk > confirmed.pk  # nobody will ever answer it


@pytest.mark.django_db(transaction=True)
def test_with_the_lock_closing_waits_for_joining(town, monkeypatch):
    joined, confirmed = close_while_joining(town, monkeypatch)
    assert joined.pk < confirmed.pk
