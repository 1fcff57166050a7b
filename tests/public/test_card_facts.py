"""What the cards, lists and the home page say beside results: promises, whom to call, guarantees, what changed; and that a change is rendered."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.translation import override

from communities.models import Commitment, JointMeeting
from enterprises.models import CommunitySecretary, ServiceProject
from evaluations.models import CreditEvent
from evaluations.services.inspection_items import load_sample_items
from redprop.accounts.models import Posting
from redprop.core.models import Person
from redprop.public import cards, changes, content, figures, moves, pages, publishing, selectors, tasks
from redprop.public.pages import Pages
from tests.public import sample

TODAY = dt.date(2026, 10, 20)


def promised(town, *, due: dt.date, state: str = "open", done: dt.date | None = None, accepted=True, **more):
    """A promise of the town's first project from its own joint meeting."""
    meeting, _made = JointMeeting.objects.get_or_create(
        community=town.community,
        month=dt.date(2026, 7 if accepted else 8, 1),
        defaults={
            "state": "accepted" if accepted else "submitted",
            "due_on": dt.date(2026, 7, 31),
            "held_on": dt.date(2026, 7, 10),
            "submitted_at": timezone.now(),
            "decided_at": timezone.now() if accepted else None,
            "decided_by": "clerk",
            "submitted_by": "secretary",
        },
    )
    at = timezone.make_aware(dt.datetime.combine(done, dt.time(9))) if done else None
    return Commitment.objects.create(
        meeting=meeting,
        project=town.projects[0],
        compound=town.compounds[0],
        **{"problem": "楼道灯不亮", "promise": "更换声控灯", **more},
        responsible_post="项目经理",
        made_on=dt.date(2026, 7, 10),
        first_due_on=due,
        due_on=due,
        state=state,
        answered_at=at,
        confirmed_at=at if state == "confirmed" else None,
    )


def test_a_card_says_what_is_open_what_was_kept_and_how_often_in_time(town):
    promised(town, due=dt.date(2026, 10, 10))
    promised(town, due=dt.date(2026, 11, 10))
    promised(town, due=dt.date(2026, 8, 1), state="confirmed", done=dt.date(2026, 7, 30))
    promised(town, due=dt.date(2026, 8, 2), state="confirmed", done=dt.date(2026, 8, 20))
    promised(town, due=dt.date(2026, 8, 3), state="excluded")
    found = cards.promises_of(town.district, TODAY)[town.compounds[0].pk]
    assert [(one.due_on, one.overdue) for one in found.open] == [
        (dt.date(2026, 10, 10), True),
        (dt.date(2026, 11, 10), False),
    ]
    assert [one.done_on for one in found.kept] == [dt.date(2026, 8, 20), dt.date(2026, 7, 30)]
    assert (found.due, found.in_time) == (3, 1), "due by today: one overdue, one late, one in time"


def test_what_is_not_in_accepted_minutes_or_names_a_number_stays_off_the_card(town):
    promised(town, due=dt.date(2026, 11, 1), accepted=False, problem="未审核的问题")
    promised(town, due=dt.date(2026, 11, 1), problem="请联系13912345678修灯")
    open_ones = cards.promises_of(town.district, TODAY)[town.compounds[0].pk].open
    assert len(open_ones) == 1
    assert "13912345678" not in open_ones[0].problem


def test_the_secretary_is_a_post_with_a_work_telephone_and_a_name_only_where_allowed(town, cast):
    row = Posting.objects.get(role="community_secretary", community=town.community)
    row.user.full_name, row.user.work_phone = "文社区", "027-8555"
    row.user.save()
    plain = cards.secretaries_of(town.district, TODAY, with_names=False)[town.community.pk]
    assert plain[1] == "027-8555"
    assert "文社区" not in plain[0]
    assert "文社区" in cards.secretaries_of(town.district, TODAY, with_names=True)[town.community.pk][0]
    person = Person.objects.create(district=town.district, code="R9", name="史书记")
    CommunitySecretary.objects.create(community=town.community, person=person, valid_from=TODAY)
    named = cards.secretaries_of(town.district, TODAY, with_names=True)[town.community.pk]
    assert (named[0].split()[-1], named[1]) == ("史书记", "027-8555"), "the register goes before the account"
    before = changes.digest_of(town.district)
    Person.objects.filter(pk=person.pk).update(work_phone="027-8666")
    assert cards.secretaries_of(town.district, TODAY, with_names=True)[town.community.pk][1] == "027-8666"
    assert changes.digest_of(town.district) != before


def test_the_guarantees_of_its_class_stand_on_the_card_of_an_old_compound(town, cast):
    assert cards.guarantees_of(town.district, TODAY) == {}
    load_sample_items(district=town.district, since=dt.date(2026, 1, 1), acting_user=cast.evaluator)
    found = cards.guarantees_of(town.district, TODAY)[town.compounds[0].pk]
    assert len(found.items) == 8


def test_the_district_in_figures_counts_promises_due_in_the_quarter(town):
    promised(town, due=dt.date(2026, 8, 1), state="confirmed", done=dt.date(2026, 7, 30))
    promised(town, due=dt.date(2026, 8, 2), state="confirmed", done=dt.date(2026, 8, 20))
    promised(town, due=dt.date(2026, 9, 30))
    promised(town, due=dt.date(2026, 10, 1))
    last = figures.quarters_of(town.district, TODAY)[-1]
    assert (last.period, last.compounds, last.served) == ("2026Q3", 2, 2)
    assert (last.due, last.kept) == (3, 1)


def test_a_change_is_rendered_at_the_next_look_and_nothing_without_one(town, published_root):
    publishing.publish_district(town.district)
    tasks.publish_changes()
    known = changes.digest_of(town.district)
    assert publishing.publish_changes() == 0
    promised(town, due=dt.date(2026, 11, 1), problem="门禁失灵")
    assert changes.digest_of(town.district) != known
    assert publishing.publish_changes() == 1
    assert "门禁失灵" in (published_root / "990101/compounds/C000/index.html").read_text()
    ServiceProject.objects.filter(pk=town.projects[0].pk).update(work_phone="027-8999")
    assert publishing.publish_changes() == 1
    assert "027-8999" in (published_root / "990101/compounds/C000/index.html").read_text()
    assert "027-8999" in (published_root / "990101/en/compounds/C000/index.html").read_text()


def colours(*, before: dict[str, str], now: dict[str, str], kind: str = content.FINAL):
    """What changed between two lists given as project → colour."""
    site = sample.site(2)
    base, one = site.releases[0], site.releases[0].entries[0]

    def release(period: str, given: dict[str, str], kind: str) -> content.Release:
        entries = tuple(replace(one, key=key, name=key, colour=colour) for key, colour in given.items())
        return replace(base, pk=hash(period), period=period, kind=kind, entries=entries, enterprises=())

    new = release("2026Q3", now, kind)
    made = Pages(replace(site, releases=(new, release("2026Q2", before, content.FINAL))))
    earlier, found = moves.of_release(new, made.results)
    return earlier, {c: [(kind, e.name) for kind, e in rows] for c, rows in found.items()}


def test_a_list_tells_who_came_who_left_and_who_moved():
    earlier, found = colours(
        before={"A": "red", "B": "red", "C": "watch", "D": "unlisted"},
        now={"A": "red", "B": "unlisted", "C": "black", "D": "red"},
    )
    assert earlier == "2026Q2"
    assert found == {"red": [("came", "D"), ("left", "B")], "black": [("watch", "C")], "watch": []}


def test_nobody_is_said_to_have_left_while_an_entry_is_withdrawn():
    _earlier, found = colours(before={"A": "black", "B": "red"}, now={"x9": "withdrawn", "B": "red"})
    assert found == {"red": [], "black": [], "watch": []}


def test_a_correction_is_compared_with_nothing():
    assert colours(before={"A": "red"}, now={"A": "black"}, kind=content.CORRECTION) == ("", {})


def test_an_enterprise_shows_its_grade_on_the_day(town, cast):
    assert all(e.credit is None for e in selectors.site_of(town.district).enterprises)
    assert CreditEvent.objects.count() == 0
    site = sample.site(4)
    credit = content.Credit(
        site.today, "AA", Decimal("106.00"), "方案", "", Decimal(100), (("good", Decimal(6)),)
    )
    site = replace(site, enterprises=tuple(replace(e, credit=credit) for e in site.enterprises))
    page = dict(pages.render(site))["enterprises/91420102MA0000000X/index.html"].decode()
    assert "AA" in page
    assert "2026年10月20日" in page
    assert 'href="/credit/"' in page


@pytest.mark.parametrize(("language", "day"), [("zh-hans", "2026年10月20日"), ("en", "20 October 2026")])
def test_dates_and_periods_follow_the_language(language, day):
    with override(language):
        made = dict(pages.render(sample.site(4)))
    page = next(data for path, data in made.items() if path.endswith("lists/2026Q3/final-1/index.html"))
    assert day in page.decode()
