"""What all tests share: a small district, the cast that works in it, and a neighbour that must see nothing.

Alice the registrar, Bo the secretary and the others are named in `Cast`. The clock of the
district stands at 2026-10-12 09:00 in Shanghai, the day the third quarter may close.
"""

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import Community, CommunityVersion, District, Subdistrict
from tests.entered import MADE_BY_MIGRATE, entered_once

pytest_plugins = ["tests.databases", "tests.demo_fixture"]

# A busy machine is no finding: no deadline for an example, no complaint about slow drawing.
hypothesis_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("portal")

LONGEST_FIRST = (
    "tests/test_url_table.py",
    "tests/access/test_url_roles.py",
    "tests/demo/test_story.py",
    "tests/enterprises/test_stages_stay_hidden.py",
    "tests/tabular/test_every_register.py",
    "tests/tabular/test_registers.py",
    "tests/backups/test_restore_drill.py",
    "tests/enterprises/test_switched_off.py",
    "tests/evaluations/test_replay_2020.py",
    "tests/subsidies/test_random_orders.py",
    "tests/tabular/test_real_compounds.py",
)

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CLOSING_DAY = dt.datetime(2026, 10, 12, 9, 0, tzinfo=SHANGHAI)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files first that take longest, and those of the browser last.

    A long file that begins last would keep everybody waiting for it alone. Once the browser is driven from a
    process, a loop stands in its thread: what starts a loop of its own there would fail.
    """
    order = {name: number for number, name in enumerate(LONGEST_FIRST)}
    driven = {item.path for item in items if "chromium" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path in driven, order.get(item.nodeid.partition("::")[0], len(order))))


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Tests need no collected static files and hash passwords quickly."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


EMPTY_TABLES = """
DO $$
DECLARE
    name text;
    filled bool;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN
        SELECT quote_ident(relname) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
            AND relname <> ALL (ARRAY[{kept}])
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
        IF filled THEN
            EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
    PERFORM setval(s.seqrelid, s.seqstart, false)
    FROM pg_sequence s JOIN pg_depend d ON d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
    JOIN pg_class t ON t.oid = d.refobjid
    WHERE pg_sequence_last_value(s.seqrelid) IS NOT NULL AND t.relname <> ALL (ARRAY[{kept}]);
END $$
""".format(kept=", ".join(f"'{name}'" for name in sorted(MADE_BY_MIGRATE)))


def empty_tables(self: TransactionTestCase) -> None:
    """Empty the tables that a transactional test has filled, but keep the roles that `migrate` wrote.

    Rows are deleted, not truncated, and by one statement: emptying four hundred tables anew after each test took
    longer than most tests. Triggers and foreign keys sleep meanwhile: the frozen tables refuse, and the order
    does not matter.
    """
    with connection.cursor() as cursor:
        cursor.execute(EMPTY_TABLES)


TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[method-assign]


@dataclass
class Cast:
    """The people of the tests, by role, and the same roles in a neighbouring district."""

    district: District
    other_district: District
    subdistrict: Subdistrict
    other_subdistrict: Subdistrict
    community: Community
    other_community: Community
    by_role: dict[str, User]
    foreign: dict[str, User]

    def __getattr__(self, role: str) -> User:
        try:
            return vars(self)["by_role"][role]
        except KeyError:
            raise AttributeError(role) from None

    def objects(self) -> dict[str, object]:
        """The cast itself and everybody and everything in it, by name."""
        places = (self.subdistrict, self.other_subdistrict, self.community, self.other_community)
        return {
            "cast": self,
            "district": self.district,
            "other_district": self.other_district,
            **{f"place {number}": place for number, place in enumerate(places)},
            **{f"own {role}": user for role, user in self.by_role.items()},
            **{f"foreign {role}": user for role, user in self.foreign.items()},
        }


def make_district(code: str, name: str) -> tuple[District, Subdistrict, Community, Subdistrict, Community]:
    """A demo district with two subdistricts of one community each, its clock at the closing day."""
    district = District.objects.create(code=code, name=name, is_demo=True, clock=CLOSING_DAY)
    found = []
    for number in (1, 2):
        subdistrict = Subdistrict.objects.create(
            district=district, code=f"{code}00{number}", name=f"{name}{number}街道"
        )
        community = Community.objects.create(
            district=district,
            subdistrict=subdistrict,
            code=f"{code}00{number}001",
            name=f"{name}{number}社区",
        )
        CommunityVersion.objects.create(
            community=community,
            subdistrict=subdistrict,
            code=community.code,
            name=community.name,
            valid_from=dt.date(2016, 1, 1),
        )
        found += [subdistrict, community]
    return district, *found  # type: ignore[return-value]


def make_user(username: str, role: str, district, *, subdistrict=None, community=None) -> User:
    """A user with one posting, open since 2020."""
    user = User.objects.create_user(
        username,
        password="pw",
        full_name=username,
        is_staff=role not in ("community_secretary", "enterprise_contact"),
    )
    Posting.objects.create(
        user=user,
        role=role,
        district=district,
        subdistrict=subdistrict,
        community=community,
        valid_from=dt.date(2020, 1, 1),
    )
    return user


def make_cast_of(prefix: str, district, subdistrict, community) -> dict[str, User]:
    """One user for each role, as `make_user` makes them, in two statements: nearly every test begins with a cast."""
    password = make_password("pw")
    users = User.objects.bulk_create(
        User(
            username=f"{prefix}{role}",
            password=password,
            full_name=f"{prefix}{role}",
            is_staff=role not in ("community_secretary", "enterprise_contact"),
        )
        for role in Role.values
    )
    Posting.objects.bulk_create(
        Posting(
            user=user,
            role=role,
            district=district,
            subdistrict=subdistrict if role == Role.SUBDISTRICT_CLERK else None,
            community=community if role == Role.COMMUNITY_SECRETARY else None,
            valid_from=dt.date(2020, 1, 1),
        )
        for user, role in zip(users, Role.values, strict=True)
    )
    return dict(zip(Role.values, users, strict=True))


def make_cast() -> Cast:
    """Enter the district, the neighbour and all users."""
    district, subdistrict, community, other_subdistrict, other_community = make_district("990101", "甲区")
    neighbour, n_subdistrict, n_community, _, _ = make_district("990102", "乙区")
    return Cast(
        district=district,
        other_district=neighbour,
        subdistrict=subdistrict,
        other_subdistrict=other_subdistrict,
        community=community,
        other_community=other_community,
        by_role=make_cast_of("", district, subdistrict, community),
        foreign=make_cast_of("foreign_", neighbour, n_subdistrict, n_community),
    )


@pytest.fixture
def cast(db) -> Cast:
    """The small district with its people, and its neighbour."""
    return entered_once("cast", make_cast)


@contextmanager
def around_tests(blocker) -> Iterator[None]:
    """A transaction around the tests of a module: what is made in it is made once, and each test leaves it as it was.

    For fixtures of scope "module" that no transactional test uses, whose threads would see nothing of it. Give
    each test a deep copy of the rows: tests change them.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """The system's Chromium, driven by playwright: one for the session, because its loop stands once in a thread."""
    if not CHROMIUM:
        pytest.skip("No chromium is installed.")
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, the tests' queries too; nothing here is asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()
