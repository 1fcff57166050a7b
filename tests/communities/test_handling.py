"""More time, joint handling, supervision orders and exclusions: each rule of a commitment on its way."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from communities.models import Commitment, Exclusion, SupervisionOrder, SupervisionRule
from communities.services import commitments, exclusions, extensions, joint_handling, supervision
from redprop.common.errors import Refused
from redprop.common.periods import Period
from tests.town import a_promise, build_town, filed, posted

DUE = dt.date(2026, 10, 30)


def refusal(code):
    return pytest.raises(Refused, check=lambda error: error.code == code)


@pytest.fixture
def promise(town) -> Commitment:
    return filed(town, a_promise(town.qingchuan)).commitments.get()


def at(town, day: dt.date) -> None:
    """Move the district's clock to ten in the morning of `day`."""
    town.district.clock = dt.datetime(day.year, day.month, day.day, 2, tzinfo=dt.UTC)
    town.district.save()


def asked(town, promise, until=dt.date(2026, 11, 13)):
    return extensions.ask_extension(
        commitment=promise, wanted_until=until, reason="等配件到货", acting_user=town.huanan_contact
    )


# More time


def test_time_asked_for_and_granted_moves_the_due_date_and_keeps_the_first(town, promise) -> None:
    extensions.decide_extension(extension=asked(town, promise), grant=True, acting_user=town.secretary)
    promise.refresh_from_db()
    assert (promise.due_on, promise.first_due_on) == (dt.date(2026, 11, 13), DUE)
    assert [s.kind for s in promise.steps.all()] == ["promised", "asked", "extended"]


def test_time_refused_needs_a_reason_and_moves_nothing(town, promise) -> None:
    extension = asked(town, promise)
    with refusal("text-missing"):
        extensions.decide_extension(extension=extension, grant=False, acting_user=town.secretary)
    extensions.decide_extension(
        extension=extension, grant=False, text="配件本地有售", acting_user=town.secretary
    )
    promise.refresh_from_db()
    assert promise.due_on == DUE
    with refusal("decided"):
        extensions.decide_extension(extension=extension, grant=True, acting_user=town.secretary)


def test_one_request_waits_at_a_time_and_only_the_own_contact_asks(town, promise) -> None:
    with refusal("not-contact"):
        extensions.ask_extension(
            commitment=promise,
            wanted_until=dt.date(2026, 11, 13),
            reason="x",
            acting_user=town.jiangtan_contact,
        )
    asked(town, promise)
    with refusal("already-asked"):
        asked(town, promise, dt.date(2026, 11, 20))


@pytest.mark.parametrize("who", ["huanan_contact", "clerk", "other_secretary"])
def test_only_the_own_community_grants_time(town, promise, who) -> None:
    extension = asked(town, promise)
    with refusal("not-secretary"):
        extensions.decide_extension(extension=extension, grant=True, acting_user=getattr(town, who))


def test_after_the_due_date_no_time_is_asked_for_or_granted(town, promise) -> None:
    at(town, DUE)  # the due day itself is still in time
    extension = asked(town, promise)
    at(town, dt.date(2026, 10, 31))
    with refusal("overdue"):
        commitments.extend_commitment(
            commitment=promise, due_on=dt.date(2026, 11, 13), reason="x", acting_user=town.secretary
        )
    # Asked for in time, decided late: the community's delay is not the firm's.
    extensions.decide_extension(extension=extension, grant=True, acting_user=town.secretary)
    promise.refresh_from_db()
    assert promise.due_on == dt.date(2026, 11, 13)


# Joint handling


def test_a_commitment_closes_only_when_every_part_is_done_or_dropped(town, promise) -> None:
    def part(unit, project=None):
        return joint_handling.add_part(
            commitment=promise,
            unit=unit,
            task="配合断电检修",
            due_on=DUE,
            project=project,
            acting_user=town.secretary,
        )

    own, police = part("江滩物业工程部", town.tanli), part("社区民警")
    with refusal("parts-open"):
        commitments.confirm_commitment(commitment=promise, acting_user=town.secretary)
    with refusal("not-contact"):
        joint_handling.finish_part(part=own, outcome="已断电", acting_user=town.huanan_contact)
    joint_handling.finish_part(part=own, outcome="已断电", acting_user=town.jiangtan_contact)
    with refusal("not-secretary"):
        joint_handling.drop_part(part=police, reason="不需要", acting_user=town.jiangtan_contact)
    joint_handling.drop_part(part=police, reason="不需要", acting_user=town.secretary)
    with refusal("part-closed"):
        joint_handling.finish_part(part=police, outcome="x", acting_user=town.secretary)
    assert commitments.confirm_commitment(commitment=promise, acting_user=town.secretary).state == "confirmed"
    with refusal("closed"):
        part("供电所")


# Supervision orders


@pytest.mark.parametrize(
    ("day", "colours"),
    [
        # Due Friday 10-30. Three working days before it: Tuesday 10-27. The weekend does not count.
        (dt.date(2026, 10, 26), []),
        (dt.date(2026, 10, 27), ["blue"]),
        (DUE, ["blue"]),
        (dt.date(2026, 10, 31), []),  # Saturday: no working day has passed since
        (dt.date(2026, 11, 2), ["yellow"]),
        (dt.date(2026, 11, 5), ["yellow"]),  # the fourth
        (dt.date(2026, 11, 6), ["red"]),  # the fifth
        (dt.date(2026, 12, 1), ["red"]),
    ],
)
def test_the_colour_of_an_order_by_working_days(town, promise, day, colours) -> None:
    at(town, day)
    assert [order.colour for order in supervision.issue_orders(district=town.district)] == colours


def test_each_colour_is_issued_once_and_goes_one_level_higher(town, promise) -> None:
    for day in (27, 28, 30):
        at(town, dt.date(2026, 10, day))
        supervision.issue_orders(district=town.district)
    for day in (2, 3, 6, 9):
        at(town, dt.date(2026, 11, day))
        supervision.issue_orders(district=town.district)
    orders = list(promise.orders.order_by("serial"))
    assert [(o.colour, o.level, o.issued_on.isoformat(), o.number) for o in orders] == [
        ("blue", "community", "2026-10-27", "督〔2026〕1号"),
        ("yellow", "subdistrict", "2026-11-02", "督〔2026〕2号"),
        ("red", "district", "2026-11-06", "督〔2026〕3号"),
    ]


def test_what_is_answered_gets_no_order_and_a_new_due_date_begins_anew(town, promise) -> None:
    at(town, dt.date(2026, 10, 27))
    assert supervision.issue_orders(district=town.district)
    extensions.decide_extension(extension=asked(town, promise), grant=True, acting_user=town.secretary)
    assert not SupervisionOrder.objects.filter(commitment__due_on=F("due_on")).exists()
    at(town, dt.date(2026, 11, 10))
    assert [o.due_on for o in supervision.issue_orders(district=town.district)] == [dt.date(2026, 11, 13)]
    commitments.answer_commitment(commitment=promise, text="已换", acting_user=town.huanan_contact)
    at(town, dt.date(2026, 11, 30))
    assert supervision.issue_orders(district=town.district) == []


def test_rules_of_the_district_replace_the_sample(town, promise) -> None:
    SupervisionRule.objects.create(
        district=town.district,
        colour="yellow",
        workdays=3,
        level="subdistrict",
        valid_from=dt.date(2026, 1, 1),
    )
    at(town, dt.date(2026, 11, 3))  # the second working day after it
    assert supervision.issue_orders(district=town.district) == []
    at(town, dt.date(2026, 11, 4))
    assert [o.colour for o in supervision.issue_orders(district=town.district)] == ["yellow"]


def test_orders_by_hand_and_their_reply(town, promise) -> None:
    with refusal("not-clerk"):
        supervision.issue_order(commitment=promise, colour="yellow", reason="x", acting_user=town.other_clerk)
    order = supervision.issue_order(
        commitment=promise, colour="yellow", reason="进展不力", acting_user=town.clerk
    )
    with refusal("already-issued"):
        supervision.issue_order(commitment=promise, colour="yellow", reason="x", acting_user=town.clerk)
    with refusal("not-contact"):
        supervision.reply_to_order(order=order, text="x", acting_user=town.secretary)
    supervision.reply_to_order(order=order, text="主板周五到货", acting_user=town.huanan_contact)
    with refusal("replied"):
        supervision.reply_to_order(order=order, text="x", acting_user=town.huanan_contact)


def test_issuing_takes_the_same_queries_however_many_are_overdue(town) -> None:
    filed(town, *(a_promise(town.qingchuan, problem=f"第{i}处") for i in range(12)))
    at(town, dt.date(2026, 11, 6))
    with connection.execute_wrapper(counter := Counter()):
        assert len(supervision.issue_orders(district=town.district)) == 12
    assert counter.queries < 20


class Counter:
    """Counts the queries of a block."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute, sql, params, many, context):
        self.queries += 1
        return execute(sql, params, many, context)


# Exclusions


def out(town, promise, user=None):
    return exclusions.ask_exclusion(
        commitment=promise,
        reason="against_law",
        explanation="要求拆除承重墙",
        acting_user=user or town.secretary,
    )


def test_a_demand_leaves_scoring_only_with_a_second_persons_signature(town, promise) -> None:
    exclusion = out(town, promise)
    promise.refresh_from_db()
    assert promise.state == "open"
    with refusal("not-clerk"):
        exclusions.decide_exclusion(exclusion=exclusion, sign=True, acting_user=town.secretary)
    with refusal("not-clerk"):
        exclusions.decide_exclusion(exclusion=exclusion, sign=True, acting_user=town.other_clerk)
    exclusions.decide_exclusion(exclusion=exclusion, sign=True, acting_user=town.clerk)
    promise.refresh_from_db()
    assert promise.state == "excluded"
    with refusal("decided"):
        exclusions.decide_exclusion(exclusion=exclusion, sign=False, text="x", acting_user=town.clerk)


def test_somebody_who_is_secretary_and_clerk_does_not_sign_his_own(town, promise) -> None:
    both = posted("both", "身兼两职", "community_secretary", town.district, community=town.a1)
    both.postings.create(
        role="subdistrict_clerk",
        district=town.district,
        subdistrict=town.street_a,
        valid_from=dt.date(2020, 1, 1),
    )
    exclusion = out(town, promise, both)
    with refusal("same-person"):
        exclusions.decide_exclusion(exclusion=exclusion, sign=True, acting_user=both)
    with pytest.raises(IntegrityError), transaction.atomic():
        Exclusion.objects.update(
            state="signed", decided_by=both, decided_at=dt.datetime(2026, 10, 22, tzinfo=dt.UTC)
        )


def test_only_a_reason_of_the_list_counts_and_once(town, promise) -> None:
    with refusal("reason"):
        exclusions.ask_exclusion(
            commitment=promise, reason="annoying", explanation="x", acting_user=town.secretary
        )
    with refusal("not-secretary"):
        out(town, promise, town.huanan_contact)
    out(town, promise)
    with refusal("already-asked"):
        out(town, promise)


def test_the_share_left_out_is_counted_for_each_community(town) -> None:
    first, *_rest = filed(
        town, *(a_promise(town.qingchuan, problem=f"第{i}处") for i in range(4))
    ).commitments.order_by("pk")
    exclusions.decide_exclusion(exclusion=out(town, first), sign=True, acting_user=town.clerk)
    month = Period.parse("2026-10")
    (share,) = exclusions.shares([town.a1, town.a2], month, month)
    assert (share.community, share.commitments, share.excluded, share.percent) == (town.a1, 4, 1, 25.0)


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_issue_each_order_once(settings) -> None:
    settings.DEMO = True
    town = build_town()
    filed(town, *(a_promise(town.qingchuan, problem=f"第{i}处") for i in range(5)))
    at(town, dt.date(2026, 11, 6))
    gate = threading.Barrier(2)

    def beat() -> None:
        gate.wait()
        try:
            supervision.issue_orders(district=town.district)
        finally:
            connection.close()

    threads = [threading.Thread(target=beat) for _i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    serials = list(SupervisionOrder.objects.order_by("serial").values_list("serial", flat=True))
    assert serials == [1, 2, 3, 4, 5]
