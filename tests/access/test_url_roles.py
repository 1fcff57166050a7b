"""Every page of the admin × every role, at home and abroad, against the table. A page missing there fails.

Views are called without rendering their templates: what the pages look like is tried elsewhere. The
addresses outside the admin have their table in `tests/test_url_table.py`.
"""

from contextlib import nullcontext

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from django.urls import resolve, reverse

from redprop.accounts.models import FactorReset
from redprop.accounts.roles import Role
from redprop.accounts.services.reviews import open_review
from redprop.core.models import ImportBatch
from tests.access.conftest import all_patterns, registered_models
from tests.access.table import (
    BY_STATE,
    LEADS_ON,
    NOT_IN_ADMIN,
    OPEN_TO_ALL,
    PAGES,
    PER_ROW_REDIRECT,
    REGISTERS,
    Page,
    Register,
)
from tests.stages import no_stage_is_read

LOGIN = "sign-in"
MODEL_PAGES = ("changelist", "add", "history", "delete", "change")
EXCHANGE_PAGES = (
    "import",
    "template",
    "preview",
    "mapping",
    "progress",
    "file",
    "errors",
    "confirm",
    "cancel",
    "check",
    "matches",
    "again",
    "undo",
    "mark",
    "unmark",
    "marking",
)


ADMINS = list(admin.site._registry.values())


@pytest.fixture(autouse=True)
def _no_menu(request, monkeypatch):
    """Nothing is rendered: the menu around each page would be the most of the work, and is tried with the index."""
    if "admin:index" not in request.node.name:
        monkeypatch.setattr(admin.site, "each_context", lambda request: {})


@pytest.fixture(autouse=True)
def _quick_pages(monkeypatch):
    """What takes long behind the gates is tried with its own pages: comparing names, writing a document."""
    monkeypatch.setattr("communities.admin.merging.pairs_of", lambda **kwargs: [])
    monkeypatch.setattr("redprop.core.admin.audit.as_docx", lambda document: b"")


class Passed(Exception):
    """All gates of a page are behind the request; only the drawing is left, which was done for a like role."""


@pytest.fixture
def drawn_once(monkeypatch, request):
    """Draw each page of a register once for roles with the same rights on it and the same kind of area.

    Every role still passes, or does not pass, the gates of every page: the right on the model, the row's reach, the
    right on the row. They all stand before the two steps at which this stops a second drawing.
    """
    page = next(one for one in ADMINS if one.model._meta.label_lower == request.node.callspec.params["label"])
    first: dict[tuple, object] = {}

    def stop_at(step: str) -> None:
        draw = getattr(page, step)

        def drawn(request, *args, **kwargs):
            is_file = "wsgi.input" not in request.META  # the list as a file is opened by a request of its own
            key = (step, request.method, request.path, is_file, like(request.user, page.model))
            if first.setdefault(key, request) is not request:
                raise Passed
            return draw(request, *args, **kwargs)

        monkeypatch.setattr(page, step, drawn)

    stop_at("get_fieldsets")
    stop_at("get_changelist_instance")


def like(user, model) -> tuple:
    """What a drawing of the register's pages can depend on: rights on it, on stages of membership, kind of area."""
    of_model = (f"_{model._meta.model_name}", "_partystage")
    rights = frozenset(right for right in user.get_all_permissions() if right.endswith(of_model))
    scope = user.scope
    return rights, bool(scope.district_ids), bool(scope.subdistrict_ids), bool(scope.administered_ids)


def request_of(user):
    request = RequestFactory().get("/")
    request.user = user
    return request


def name_of(label: str, page: str) -> str:
    return f"admin:{label.replace('.', '_')}_{page}"


def answer(user, method: str, address: str, data=None):
    """The status the user gets, or "sign-in"; nothing is rendered."""
    request = getattr(RequestFactory(), method)(address, data or {})
    request.user = user
    request.session = SessionStore()
    request._messages = CookieStorage(request)
    request._dont_enforce_csrf_checks = True
    found = resolve(request.path)
    open_to = Role.ORGANISATION in getattr(user, "roles", ())
    try:
        with nullcontext() if open_to else no_stage_is_read(user):
            response = found.func(request, *found.args, **found.kwargs)
        if response.status_code == 302 and response["Location"].startswith(reverse("admin:login")):
            return answer(user, "get", response["Location"])
        if response.status_code == 302 and response["Location"].startswith(reverse("accounts:sign-in")):
            return LOGIN
        return response.status_code
    except Passed:
        return 200
    except PermissionDenied:
        return 403
    except Http404:
        return 404


def test_every_page_of_the_admin_stands_in_the_table():
    known = {*PAGES, *OPEN_TO_ALL, *LEADS_ON}
    for label, register in REGISTERS.items():
        pages = MODEL_PAGES + (EXCHANGE_PAGES if register.register else ())
        pages += ("export",) if register.sees else ()
        known |= {name_of(label, page) for page in pages}
    found = {
        name
        for name, route in all_patterns()
        if name.startswith("admin") and not (name == route and route.endswith(PER_ROW_REDIRECT))
    }
    assert found == known


def test_every_registered_model_stands_in_the_table_and_the_reverse():
    assert {model._meta.label_lower for model in registered_models()} == set(REGISTERS)


def test_every_address_belongs_to_one_of_the_two_tables():
    from tests.test_url_table import TABLE

    for name, _route in all_patterns():
        assert name in TABLE or name.startswith("admin"), name


def expected_of(register: Register, role: str, page: str) -> int:
    """What the table says of a role at home."""
    who = {"add": register.adds, "save": register.changes, "delete": ""}.get(page, register.sees)
    return 200 if role in who.split() else 403


@pytest.mark.parametrize("label", REGISTERS)
def test_a_registers_pages_answer_as_the_table_says(people, drawn_once, label):
    register = REGISTERS[label]
    model = next(m for m in registered_models() if m._meta.label_lower == label)
    manager = model._default_manager
    wrong = []

    def expect(who: str, page: str, wanted: object, got: object) -> None:
        if got != wanted:
            wrong.append(f"{who} {page}: {got} instead of {wanted}")

    some = manager.order_by("pk").values_list("pk", flat=True).first()
    histories = 0
    for role in Role.values:
        own, foreign = people.own[role], people.foreign[role]
        reach = next(m for m in ADMINS if m.model is model).get_queryset(request_of(own))
        mine = reach.order_by("pk").values_list("pk", flat=True).first()
        in_reach = mine is not None
        row = mine if in_reach else some
        for page in ("changelist", "add"):
            address = reverse(name_of(label, page))
            expect(role, page, expected_of(register, role, page), answer(own, "get", address))
        if register.sees:
            address = reverse(name_of(label, "export"), args=["list", "csv"])
            expect(role, "export", expected_of(register, role, "export"), answer(own, "get", address))
        if row is None:
            continue
        seen = expected_of(register, role, "change")
        is_shared = label == "auth.group"
        for page in ("change", "history", "delete"):
            address = reverse(name_of(label, page), args=[row])
            wanted = 403 if page == "delete" or seen == 403 else (200 if in_reach else 404)
            histories += page == "history" and wanted == 200
            if page != "history" or wanted != 200 or histories == 1:  # the same page as for the first
                expect(role, page, wanted, answer(own, "get", address))
            abroad = wanted if wanted == 403 or is_shared else 404
            expect(f"foreign {role}", page, abroad, answer(foreign, "get", address))
        address = reverse(name_of(label, "change"), args=[row])
        if in_reach and seen == 200 and register.changes != BY_STATE:
            expect(role, "save", expected_of(register, role, "save"), saved(answer(own, "post", address)))
            expect(
                f"foreign {role}",
                "save",
                403 if is_shared else 404,
                answer(foreign, "post", address),
            )
    for page in ("changelist", "add"):
        expect("anonymous", page, LOGIN, answer(AnonymousUser(), "get", reverse(name_of(label, page))))
    assert wrong == []


def saved(status: object) -> object:
    """A form with errors (200) and one that could be saved empty (302) are the same answer here."""
    return 200 if status == 302 else status


@pytest.mark.parametrize("label", [label for label, register in REGISTERS.items() if register.register])
def test_import_and_export_answer_as_the_table_says(people, label):
    register = REGISTERS[label]
    neighbour = people.foreign[Role.REGISTRAR].postings.get().district
    batch = ImportBatch.objects.create(
        district=neighbour, register=register.register, file_name="x.xlsx", digest="0" * 64
    )
    wrong = []
    for role in Role.values:
        imports = 200 if role in register.imports.split() else 403
        exports = 200 if role in register.sees.split() else 403
        batches = 404 if imports == 200 else 403
        for page, method, arguments, wanted in (
            ("import", "get", [register.register], imports),
            ("template", "get", [register.register], imports),
            ("export", "get", [register.register, "csv"], exports),
            # A batch of another district, for everybody who may import here.
            ("preview", "get", [register.register, batch.pk], batches),
            ("errors", "get", [register.register, batch.pk], batches),
            ("progress", "get", [register.register, batch.pk], batches),
            ("file", "get", [register.register, batch.pk], batches),
            ("confirm", "post", [register.register, batch.pk], batches),
            ("cancel", "post", [register.register, batch.pk], batches),
            ("check", "post", [register.register, batch.pk], batches),
            ("matches", "get", [register.register, batch.pk], batches),
            ("again", "post", [register.register, batch.pk], batches),
            ("undo", "get", [register.register, batch.pk], batches),
            ("mark", "post", [register.register, batch.pk], batches),
            ("unmark", "post", [register.register, batch.pk], batches),
            ("marking", "get", [register.register, batch.pk], batches),
        ):
            got = answer(people.own[role], method, reverse(name_of(label, page), args=arguments))
            if got != wanted:
                wrong.append(f"{role} {page}: {got} instead of {wanted}")
    assert wrong == []


@pytest.mark.parametrize("name", PAGES)
def test_other_pages_answer_as_the_table_says(people, name):
    page = PAGES[name]
    arguments = list(page.args)
    if page.row:
        model = next(m for m in registered_models() if m._meta.label_lower == page.row)
        arguments = [model._default_manager.for_user(people.own[Role.REGISTRAR]).first().pk]
    address = reverse(name, args=arguments) + (f"?{page.query}" if page.query else "")
    wrong = []
    for role in Role.values:
        for who, users, given in (
            ("own", people.own, page.answer),
            ("foreign", people.foreign, page.foreign),
        ):
            wanted = given if role in page.own.split() else 403
            got = answer(users[role], page.method, address)
            if got != wanted:
                wrong.append(f"{who} {role}: {got} instead of {wanted}")
    if answer(AnonymousUser(), page.method, address) != LOGIN:
        wrong.append("anonymous is not led to the sign-in page")
    assert wrong == []


def of_a_row() -> dict[str, tuple[type, Page]]:
    """Pages of the table that are about one row of a register, by the model that their name says."""
    models = {name_of(model._meta.label_lower, ""): model for model in registered_models()}
    found = {}
    for name, page in PAGES.items():
        own = next((model for start, model in models.items() if name.startswith(start)), None)
        if page.args[:1] == (0,) and own is not None and not name.endswith(("_edition_preview", "_drop")):
            found[name] = (own, page)
    return found


def test_no_page_about_a_row_of_ours_answers_the_same_role_abroad(people):
    """With rows that exist: in the table above such pages are tried with a number that nothing has."""
    wrong, tried = [], set()
    ours = people.own[Role.REGISTRAR].postings.get().district
    open_review(district=ours, acting_user=None)
    FactorReset.objects.create(
        district=ours,
        user=people.own[Role.REGISTRAR],
        reason="x",
        asked_by=people.own[Role.SYSTEM_ADMINISTRATOR],
    )
    for name, (model, page) in of_a_row().items():
        for role in page.own.split():
            reached = next(one for one in ADMINS if one.model is model).get_queryset(
                request_of(people.own[role])
            )
            row = reached.order_by("pk").values_list("pk", flat=True).first()
            if row is None:
                continue
            tried.add(name)
            got = answer(people.foreign[role], page.method, reverse(name, args=[row, *page.args[1:]]))
            if got not in (403, 404):
                wrong.append(f"foreign {role} {name}: {got}")
            break
    assert wrong == []
    # The other registers are empty here: their pages are tried where their rows are made.
    assert len(tried) >= 15, sorted(set(of_a_row()) - tried)


@pytest.mark.parametrize("role", NOT_IN_ADMIN.split())
def test_who_works_at_the_desk_is_told_that_the_admin_is_closed(people, client, role):
    client.force_login(people.own[role])
    assert client.get("/admin/", follow=True).status_code == 403


def test_there_is_one_sign_in_page(client, db):
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/").headers["Location"].startswith("/accounts/sign-in/")
