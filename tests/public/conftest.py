"""A small district with two compounds, two projects and a published list, and a neighbour with its own."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from communities.models import (
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    ServiceAssignment,
    ServiceContract,
)
from enterprises.models import Enterprise, Post, ServiceProject
from evaluations.models import ClosingRun, EvaluationPeriod, ListEntry, Release, ReleaseEntry, Rubric
from redprop.areas.models import Community, District
from redprop.core.models import Person
from redprop.public import adapters, quiet

SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE = dt.date(2024, 1, 1)
LINES = [
    {
        "item": "satisfaction",
        "title": "居民满意度",
        "points": "21.83",
        "full": "25",
        "status": "scored",
        "numerator": "131",
        "denominator": "150",
        "n": 150,
        "raw": "0.873333",
        "rule": "满意答卷占有效答卷的比例",
    },
    {
        "item": "requests_in_time",
        "title": "诉求按期答复",
        "points": None,
        "full": "5",
        "status": "missing",
        "numerator": None,
        "denominator": None,
        "n": 0,
        "raw": None,
        "rule": "按期答复的比例",
    },
]


@pytest.fixture(autouse=True)
def cache_is_asked(monkeypatch):
    """A test that took the cache away leaves nothing of it for the next."""
    monkeypatch.setattr(quiet, "_away_until", 0.0)


@pytest.fixture(autouse=True)
def chinese():
    """A test that read an English page leaves its language behind in the thread."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture(autouse=True)
def published_root(settings, tmp_path):
    """Each test publishes into its own folder."""
    settings.PUBLISHED_ROOT = tmp_path / "published"
    settings.PUBLIC_DISTRICT = ""
    return settings.PUBLISHED_ROOT


def add_compounds(town: SimpleNamespace, numbers: range) -> None:
    """Compounds with a project each, all of the town's enterprise, the manager's name on record."""
    for number in numbers:
        compound = Compound.objects.create(
            district=town.district,
            code=f"C{number:03d}",
            name=f"{town.district.name}和合花园{number}期",
            pinyin=f"hehehuayuan{number}qi hhhy{number}q",
            registered_from=SINCE,
        )
        CompoundPlacement.objects.create(compound=compound, community=town.community, valid_from=SINCE)
        CompoundKind.objects.create(compound=compound, kind="old", valid_from=SINCE)
        CompoundClass.objects.create(compound=compound, compound_class=2, valid_from=SINCE)
        project = ServiceProject.objects.create(
            district=town.district,
            enterprise=town.enterprise,
            code=f"P{number:03d}",
            name=f"{town.district.name}安澜{number}项目",
            started_on=SINCE,
            work_phone="027-8200",
        )
        contract = ServiceContract.objects.create(
            district=town.district,
            project=project,
            number=f"N{number}",
            kind="takeover",
            signed_on=SINCE,
            valid_from=SINCE,
        )
        ServiceAssignment.objects.create(contract=contract, compound=compound, valid_from=SINCE)
        person = Person.objects.create(
            district=town.district, code=f"R{number}", name=f"孟经理{number}", work_phone="13900000000"
        )
        Post.objects.create(
            person=person,
            enterprise=town.enterprise,
            project=project,
            kind="project_manager",
            title="项目经理",
            valid_from=SINCE,
        )
        town.projects.append(project)
        town.compounds.append(compound)


def make_town(district: District, community: Community, uscc: str) -> SimpleNamespace:
    town = SimpleNamespace(district=district, community=community, projects=[], compounds=[])
    town.enterprise = Enterprise.objects.create(
        district=district,
        uscc=uscc,
        name=f"{district.name}青禾物业服务有限公司",
        kind="market",
        registered_from=SINCE,
        pinyin="qh",
    )
    add_compounds(town, range(2))
    rubric = Rubric.objects.create(
        district=district,
        code="SAMPLE",
        version="1",
        title="考评标准（示例）",
        document="示例1号",
        valid_from=SINCE,
        list_rule={"red_min": "90", "red_share": "0.10", "black_veto": True, "black_min": "70"},
        enterprise_rule={},
    )
    town.period = EvaluationPeriod.objects.create(
        district=district,
        code="2026Q3",
        kind="quarter",
        starts_on=dt.date(2026, 7, 1),
        ends_on=dt.date(2026, 9, 30),
        cutoff_on=dt.date(2026, 10, 12),
        rubric=rubric,
    )
    town.run = ClosingRun.objects.create(period=town.period, started_at=timezone.now())
    town.entries = {}
    return town


def publish_list(town: SimpleNamespace, kind: str, colours: list[str], sequence: int) -> Release:
    """A release with one entry for each of the town's projects, frozen like those of the service."""
    release = Release.objects.create(
        district=town.district,
        period=town.period,
        run=town.run,
        kind=kind,
        sequence=sequence,
        title="名单",
        index_number=f"JA-{sequence}",
        issuer="区工作专班",
        rubric_label="考评标准（示例）",
        window_ends_on=dt.date(2026, 10, 19) if kind == "notice" else None,
        counts={"project": {c: colours.count(c) for c in set(colours)}},
    )
    for number, (project, colour) in enumerate(zip(town.projects, colours, strict=True)):
        if project not in town.entries:
            town.entries[project] = ListEntry.objects.create(
                period=town.period,
                run=town.run,
                level="project",
                project=project,
                enterprise=town.enterprise,
                place="ranked",
                colour=colour,
                notice_starts_on=dt.date(2026, 10, 1),
                notice_ends_on=dt.date(2026, 10, 9),
            )
        if kind == "notice" and colour == "unlisted":
            continue
        ReleaseEntry.objects.create(
            release=release,
            entry=town.entries[project],
            level="project",
            project=project,
            enterprise=town.enterprise,
            pseudonym=f"p{number}",
            colour=colour,
            is_named=colour in ("red", "watch", "black"),
            total=Decimal("87.2300"),
            place="ranked",
            rank=number + 1,
            ranked=len(colours),
            reasons=[{"code": "below_black", "total": "61.50", "limit": "70"}],
            lines=LINES,
            project_code=project.code,
            project_name=project.name,
            enterprise_name=town.enterprise.name,
            enterprise_uscc=town.enterprise.uscc,
            manager_post="项目经理",
            compounds=[{"code": town.compounds[number].code, "name": town.compounds[number].name}],
            salt="secret-salt",
        )
    release.state = "published"
    release.published_at = dt.datetime(2026, 10, 12, 9, 0, tzinfo=SHANGHAI)
    release.digest = f"{sequence:064d}"
    release.save()
    return release


@pytest.fixture
def town(cast) -> SimpleNamespace:
    """The district of the cast with a final list: one red, one black project."""
    town = make_town(cast.district, cast.community, "91420102MA00000000")
    publish_list(town, "notice", ["red", "black"], 1)
    town.final = publish_list(town, "final", ["red", "black"], 2)
    return town


@pytest.fixture
def neighbour(cast) -> SimpleNamespace:
    """The district next door with its own list."""
    town = make_town(cast.other_district, Community.objects.get(code="990102001001"), "91420103MA00000000")
    publish_list(town, "final", ["red", "watch"], 1)
    return town


@pytest.fixture(autouse=True)
def plain_bundle(monkeypatch):
    """The rows here are made by hand and have no run behind them: their bundle is a stand-in."""

    def write(*, release: Release, path) -> None:
        path.write_bytes(b"PK" + str(release.pk).encode())

    monkeypatch.setattr(adapters, "write_bundle", write)
