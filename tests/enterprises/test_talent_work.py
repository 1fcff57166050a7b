"""Offers up to the hire, two mentors, moves between firms, retention: in a small town, on the district's clock."""

import datetime as dt
import threading

import pytest
from django.db import connection

from enterprises.coverage import Reach
from enterprises.models import Campaign, CampusOffer, Graduate, GrowthRung, Mentorship, Post
from enterprises.party_figures import FIGURES
from enterprises.retention import funnels, lines, recruits
from enterprises.services.campaigns import accept_offer, close_offer, hire, make_offer
from enterprises.services.growth import record_step
from enterprises.services.mentors import mentor_left, name_mentor
from enterprises.services.posts import end_post, move, save_post
from redprop.common.errors import Refused
from redprop.core.models import Person
from redprop.core.services.people import save_person
from tests.town import build_town

TODAY = dt.date(2026, 10, 21)
HELD = dt.date(2026, 3, 18)


@pytest.fixture
def town(db):
    return build_town()


def person(town, number, name=None, id_number=""):
    one = Person(district=town.district, code=f"RY{number:05d}", name=name or f"人员{number}")
    return save_person(person=one, acting_user=None, id_number=id_number)


def post(one, firm, first, last=None, kind="staff"):
    return Post.objects.create(person=one, enterprise=firm, kind=kind, valid_from=first, valid_to=last)


def graduate(town, number, since=dt.date(2026, 7, 1), firm=None, until=None, school="示例大学"):
    one = person(town, number)
    Graduate.objects.create(
        person=one,
        degree="bachelor",
        school=school,
        graduated_on=dt.date(since.year - 1, 6, 30),
        is_programme_recruit=True,
        recruited_on=since,
    )
    post(one, firm or town.huanan, since, until)
    return one


def a_campaign(town, posts=3, held=HELD):
    return Campaign.objects.create(
        district=town.district,
        code=f"XZ{held:%y%m}",
        name="2026届春招",
        school="示例大学",
        school_class="first_class",
        held_from=held,
        held_to=held,
        posts_offered=posts,
    )


def an_offer(town, campaign, candidate="张三"):
    return make_offer(
        campaign=campaign,
        enterprise=town.huanan,
        candidate=candidate,
        degree="bachelor",
        title="楼栋管家",
        made_on=dt.date(2026, 4, 1),
        answer_by=dt.date(2026, 4, 15),
        acting_user=None,
    )


def code_of(function, **arguments):
    with pytest.raises(Refused) as caught:
        function(**arguments, acting_user=None)
    return caught.value.code


# Offers


def test_from_offer_to_hire_nothing_is_typed_twice(town):
    offer = an_offer(town, a_campaign(town))
    accepted = accept_offer(offer=offer, answered_on=dt.date(2026, 4, 8), acting_user=town.registrar)
    made = hire(offer=accepted, started_on=dt.date(2026, 7, 1), acting_user=town.registrar)

    offer.refresh_from_db()
    found = Graduate.objects.get(person=made.person)
    assert (offer.state, offer.started_on, offer.candidate) == ("taken_up", dt.date(2026, 7, 1), "")
    assert (made.person.name, made.enterprise, made.title) == ("张三", town.huanan, "楼栋管家")
    assert (found.degree, found.school, found.school_class) == ("bachelor", "示例大学", "first_class")
    assert (found.graduated_on, found.recruited_on) == (dt.date(2026, 6, 30), dt.date(2026, 7, 1))
    assert found.is_programme_recruit


def test_the_name_of_who_declines_is_not_kept(town):
    offer = an_offer(town, a_campaign(town))
    close_offer(
        offer=offer, state="declined", answered_on=dt.date(2026, 4, 9), acting_user=None, reason="升学"
    )
    offer.refresh_from_db()
    assert (offer.candidate, offer.person, offer.reason) == ("", None, "升学")
    assert code_of(accept_offer, offer=offer, answered_on=dt.date(2026, 4, 9)) == "state"


def test_a_namesake_is_asked_about_and_never_doubled(town):
    known = person(town, 7, "张三")
    offer = an_offer(town, a_campaign(town))
    assert code_of(accept_offer, offer=offer, answered_on=dt.date(2026, 4, 8)) == "namesake"
    assert Person.objects.filter(name="张三").count() == 1
    accepted = accept_offer(offer=offer, answered_on=dt.date(2026, 4, 8), person=known, acting_user=None)
    assert accepted.person == known


def test_who_is_in_post_elsewhere_cannot_be_hired_on_that_day(town):
    known = person(town, 7, "张三")
    post(known, town.jiangtan, dt.date(2026, 1, 1))
    offer = accept_offer(
        offer=an_offer(town, a_campaign(town)),
        answered_on=dt.date(2026, 4, 8),
        person=known,
        acting_user=None,
    )
    with pytest.raises(Refused, match="此人在别的企业任职"):
        hire(offer=offer, started_on=dt.date(2026, 7, 1), acting_user=None)
    offer.refresh_from_db()
    assert offer.state == "accepted"
    assert not Graduate.objects.filter(person=known).exists()


def test_the_funnel_adds_up_on_every_day(town):
    campaign = a_campaign(town)
    first, second, third = (an_offer(town, campaign, name) for name in ("甲甲", "乙乙", "丙丙"))
    accept_offer(offer=first, answered_on=dt.date(2026, 4, 8), acting_user=None)
    hire(offer=first, started_on=dt.date(2026, 7, 1), acting_user=None)
    close_offer(offer=second, state="lapsed", answered_on=dt.date(2026, 4, 16), acting_user=None)
    assert third.state == "made"

    def steps(day):
        _found, total = funnels(Reach(town.district, day), 2026)
        made = total.steps["made"]
        assert made == sum(n for step, n in total.steps.items() if step not in ("made", "in_post"))
        return {step: n for step, n in total.steps.items() if n}

    assert steps(dt.date(2026, 3, 31)) == {}
    assert steps(dt.date(2026, 4, 7)) == {"made": 3, "waiting": 3}
    assert steps(dt.date(2026, 4, 15)) == {"made": 3, "waiting": 2, "accepted": 1}
    assert steps(dt.date(2026, 4, 16)) == {"made": 3, "waiting": 1, "accepted": 1, "lapsed": 1}
    assert steps(TODAY) == {"made": 3, "waiting": 1, "lapsed": 1, "taken_up": 1, "in_post": 1}


# Who is too young, or graduated as a child


def test_a_number_whose_birth_date_disagrees_is_refused(town):
    born_2012 = person(town, 8, id_number="420102201201010019")
    offer = accept_offer(
        offer=an_offer(town, a_campaign(town)),
        answered_on=dt.date(2026, 4, 8),
        person=born_2012,
        acting_user=None,
    )
    assert code_of(hire, offer=offer, started_on=dt.date(2026, 7, 1)) == "too-young"


# Mentors


def mentored(town):
    one = graduate(town, 1)
    senior, secretary = person(town, 2), person(town, 3)
    post(senior, town.huanan, dt.date(2020, 1, 1), kind="management")
    return one, senior, secretary


def test_two_mentors_at_once_and_never_oneself(town):
    one, senior, secretary = mentored(town)
    since = dt.date(2026, 8, 1)
    assert code_of(name_mentor, person=one, mentor=one, side="firm", since=since) == "oneself"
    assert code_of(name_mentor, person=one, mentor=secretary, side="firm", since=since) == "mentor-elsewhere"
    assert (
        code_of(name_mentor, person=one, mentor=senior, side="community", community=town.a1, since=since)
        == "mentor-of-firm"
    )
    name_mentor(person=one, mentor=senior, side="firm", since=since, acting_user=town.huanan_contact)
    name_mentor(
        person=one,
        mentor=secretary,
        side="community",
        community=town.a1,
        since=since,
        acting_user=town.secretary,
    )
    reach = Reach(town.district, TODAY)
    assert FIGURES["mentored_both"].rows(reach).count() == 1
    assert FIGURES["mentored_not"].rows(reach).count() == 0


def test_others_name_no_mentors_here(town):
    one, senior, secretary = mentored(town)
    for user in (town.jiangtan_contact, town.secretary, town.clerk):
        with pytest.raises(Refused):
            name_mentor(person=one, mentor=senior, side="firm", since=TODAY, acting_user=user)
    with pytest.raises(Refused):
        name_mentor(
            person=one,
            mentor=secretary,
            side="community",
            community=town.a1,
            since=TODAY,
            acting_user=town.other_secretary,
        )
    assert not Mentorship.objects.exists()


def test_a_fourth_graduate_is_too_many_for_a_mentor_of_the_firm(town):
    _one, senior, _secretary = mentored(town)
    for number in range(10, 13):
        name_mentor(person=graduate(town, number), mentor=senior, side="firm", since=TODAY, acting_user=None)
    fourth = graduate(town, 13)
    assert code_of(name_mentor, person=fourth, mentor=senior, side="firm", since=TODAY) == "mentor-load"


def test_a_mentor_who_has_left_stands_on_the_worklist_until_another_is_named(town):
    one, senior, secretary = mentored(town)
    reach = Reach(town.district, TODAY)
    name_mentor(person=one, mentor=senior, side="firm", since=dt.date(2026, 7, 1), acting_user=None)
    name_mentor(
        person=one,
        mentor=secretary,
        side="community",
        community=town.a1,
        since=dt.date(2026, 7, 1),
        acting_user=None,
    )
    end_post(post=senior.posts.get(), last_day=dt.date(2026, 9, 30), end_reason="pay", acting_user=None)
    assert FIGURES["mentors_gone"].rows(reach).count() == 1
    assert [row.person for row in FIGURES["mentored_not"].rows(reach)] == [one]
    assert FIGURES["mentored_not"].rows(Reach(town.district, dt.date(2026, 9, 30))).count() == 0

    following = person(town, 4)
    post(following, town.huanan, dt.date(2026, 1, 1))
    name_mentor(person=one, mentor=following, side="firm", since=TODAY, acting_user=None)
    assert FIGURES["mentors_gone"].rows(reach).count() == 0
    assert FIGURES["mentored_not"].rows(reach).count() == 0
    assert Mentorship.objects.get(mentor=senior).end_reason == "mentor_left"

    assert mentor_left(mentor=secretary, last_day=TODAY - dt.timedelta(days=1), acting_user=None) == 1
    assert [row.person for row in FIGURES["mentored_not"].rows(reach)] == [one]


# Moves and growth


def test_a_move_leaves_no_day_out_and_ends_the_mentor_of_the_firm(town):
    one, senior, secretary = mentored(town)
    name_mentor(person=one, mentor=senior, side="firm", since=TODAY, acting_user=None)
    name_mentor(
        person=one, mentor=secretary, side="community", community=town.a1, since=TODAY, acting_user=None
    )
    first = dt.date(2026, 11, 1)
    move(post=one.posts.get(), enterprise=town.jiangtan, first_day=first, acting_user=None)
    assert list(one.posts.order_by("valid_from").values_list("enterprise", "valid_to", "end_reason")) == [
        (town.huanan.pk, dt.date(2026, 10, 31), "moved"),
        (town.jiangtan.pk, None, ""),
    ]
    assert list(Mentorship.objects.order_by("side").values_list("side", "valid_to")) == [
        ("community", None),
        ("firm", dt.date(2026, 10, 31)),
    ]


def test_a_growth_step_is_refused_a_day_too_early_and_accepted_on_the_day(town):
    one = graduate(town, 1, since=dt.date(2026, 1, 15))
    rung = GrowthRung.objects.create(
        district=town.district,
        channel="management",
        code="GL1",
        title="项目助理",
        place=1,
        least_months=6,
        valid_from=dt.date(2020, 1, 1),
    )
    too_early = dt.date(2026, 7, 14)
    assert code_of(record_step, person=one, rung=rung, reached_on=too_early) == "step-too-early"
    record_step(person=one, rung=rung, reached_on=dt.date(2026, 7, 15), acting_user=None)
    assert FIGURES["grown_management"].rows(Reach(town.district, TODAY)).count() == 1
    assert FIGURES["grown_any"].rows(Reach(town.district, too_early)).count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_who_save_overlapping_posts_at_once_one_is_refused_with_a_sentence():
    town = build_town()
    one = person(town, 1)
    start, told = threading.Barrier(2), []

    def save(firm):
        try:
            start.wait(5)
            save_post(
                post=Post(person=one, enterprise=firm, kind="staff", valid_from=dt.date(2026, 7, 1)),
                acting_user=None,
            )
            told.append("saved")
        except Refused as refused:
            told.append(refused.code)
        finally:
            connection.close()

    both = [threading.Thread(target=save, args=(firm,)) for firm in (town.huanan, town.jiangtan)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(told) == ["constraint", "saved"]
    assert Post.objects.filter(person=one).count() == 1


# Retention and leavers


def test_retention_adds_up_by_every_cohort(town):
    july = dt.date(2025, 7, 1)
    graduate(town, 1, july)
    left = graduate(town, 2, july, until=dt.date(2025, 12, 31))
    moved = graduate(town, 3, july, until=dt.date(2025, 9, 30), school="示例学院")
    post(moved, town.jiangtan, dt.date(2025, 10, 1))
    graduate(town, 4, dt.date(2026, 7, 1), firm=town.jiangtan)
    left.posts.update(end_reason="study")

    found = recruits(Reach(town.district, TODAY))
    for by in ("year", "campaign", "firm", "school"):
        rows, total = lines(found, by)
        assert total.hired == 4 == sum(row.hired for row in rows)
        assert total.now == {"same": 2, "moved": 1, "gone": 1}
        # Six months after 2025-07-01 is 2026-01-01: the second had left the day before.
        assert total.after[6] == {"same": 1, "moved": 1, "gone": 1}
        assert (total.reached(12), total.stayed(12), total.share(12)) == (3, 2, "66.6%")
        assert (total.reached(24), total.share(24)) == (0, "—")
    assert [(row.label, row.hired) for row in lines(found, "year")[0]] == [("2025", 3), ("2026", 1)]
    on_the_day_before = recruits(Reach(town.district, dt.date(2025, 12, 31)))
    assert lines(on_the_day_before, "year")[1].now == {"same": 2, "moved": 1, "gone": 0}


def test_leavers_stand_with_their_reason_in_the_year_they_left(town):
    one = graduate(town, 1, dt.date(2025, 7, 1), until=dt.date(2026, 5, 31))
    graduate(town, 2, dt.date(2025, 7, 1), until=dt.date(2025, 12, 30))
    one.posts.update(end_reason="public")
    reach = Reach(town.district, TODAY)
    assert FIGURES["leavers"].rows(reach).count() == 1
    assert FIGURES["leavers_public"].rows(reach).count() == 1
    assert FIGURES["leavers_unknown"].rows(reach).count() == 0
    assert FIGURES["leavers"].rows(Reach(town.district, dt.date(2026, 5, 31))).count() == 0


def test_an_offer_is_seen_by_its_district_and_its_own_firm_alone(town):
    offer = an_offer(town, a_campaign(town))
    assert list(CampusOffer.objects.for_user(town.huanan_contact)) == [offer]
    assert list(CampusOffer.objects.for_user(town.registrar)) == [offer]
    for user in (town.jiangtan_contact, town.secretary, town.clerk):
        assert not CampusOffer.objects.for_user(user).exists()
