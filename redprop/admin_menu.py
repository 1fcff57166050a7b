"""The admin's look and its menu by job (登记、考评、公示、资金、党建、人才、系统).

`MENU` names models; one that is not registered, or that the user may not see, has no item. A
registered model that no group names appears under "System", so that nothing is out of reach.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

TITLES = {"auth.group": _("Roles")}
"""Titles of models that other packages named."""

MENU: list[tuple[Any, list[tuple[str, str]]]] = [
    (
        _("Registers"),
        [
            ("communities.compound", "home_work"),
            ("communities.compoundmerge", "merge"),
            ("communities.servicecontract", "contract"),
            ("communities.marketround", "storefront"),
            ("communities.handover", "move_up"),
            ("communities.residentfee", "price_check"),
            ("communities.feecollection", "savings"),
            ("communities.incomediversion", "money_off"),
            ("enterprises.enterprise", "apartment"),
            ("enterprises.serviceproject", "cleaning_services"),
            ("areas.district", "map"),
            ("communities.districtoutline", "pentagon"),
            ("areas.subdistrict", "location_city"),
            ("areas.community", "groups"),
            ("areas.divisionchange", "published_with_changes"),
            ("areas.divisionedition", "library_books"),
            ("core.person", "badge"),
            ("core.importbatch", "upload_file"),
            ("core.mappingprofile", "table_convert"),
        ],
    ),
    (
        _("Evaluation"),
        [
            ("communities.jointmeeting", "event"),
            ("communities.councilmeeting", "how_to_vote"),
            ("communities.councilresolution", "ballot"),
            ("communities.counciltopic", "forum"),
            ("communities.councilfollowup", "task_alt"),
            ("communities.councilrule", "rule_settings"),
            ("communities.commitment", "handshake"),
            ("communities.residentrequest", "chat"),
            ("communities.homevisit", "door_front"),
            ("communities.volunteerteam", "volunteer_activism"),
            ("communities.volunteeractivity", "diversity_3"),
            ("communities.jointproject", "join_inner"),
            ("communities.gridcell", "grid_view"),
            ("communities.gridshift", "calendar_view_week"),
            ("communities.visititem", "checklist_rtl"),
            ("communities.supervisionorder", "notification_important"),
            ("communities.extensionrequest", "more_time"),
            ("communities.exclusion", "rule_folder"),
            ("communities.supervisionrule", "tune"),
            ("communities.requestterm", "timer"),
            ("evaluations.inspectionplan", "casino"),
            ("evaluations.inspection", "fact_check"),
            ("evaluations.inspectionitemset", "checklist"),
            ("evaluations.ownsubdistrict", "wrong_location"),
            ("evaluations.inspectionrule", "troubleshoot"),
            ("evaluations.surveyround", "campaign"),
            ("evaluations.surveysample", "donut_small"),
            ("evaluations.householdnumber", "door_sliding"),
            ("evaluations.surveyanswer", "poll"),
            ("evaluations.veto", "gavel"),
            ("evaluations.deduction", "remove_circle"),
            ("evaluations.deductionground", "playlist_remove"),
            ("evaluations.handmark", "edit_note"),
            ("evaluations.rubric", "rule"),
            ("evaluations.evaluationperiod", "date_range"),
            ("evaluations.closingrun", "progress_activity"),
            ("evaluations.periodreport", "summarize"),
            ("evaluations.scorecard", "scoreboard"),
        ],
    ),
    (
        _("Publication"),
        [
            ("evaluations.listentry", "checklist"),
            ("evaluations.release", "campaign"),
            ("evaluations.releaseentry", "list_alt"),
            ("evaluations.objection", "balance"),
            ("evaluations.entryreply", "reply"),
            ("evaluations.rectification", "build"),
            ("evaluations.followup", "assignment_late"),
            ("evaluations.creditevent", "verified"),
            ("evaluations.creditscheme", "workspace_premium"),
            ("evaluations.cityrating", "grade"),
            ("evaluations.creditreport", "assignment_turned_in"),
            ("evaluations.tender", "storefront"),
            ("evaluations.rotatingflag", "flag"),
            ("evaluations.flaground", "flag_circle"),
            ("evaluations.flagcandidate", "emoji_events"),
            ("evaluations.flagwithdrawal", "outlined_flag"),
            ("evaluations.flagrule", "rule"),
        ],
    ),
    (
        _("Funds"),
        [
            ("evaluations.subsidybatch", "payments"),
            ("evaluations.entitlement", "request_quote"),
            ("evaluations.paymentline", "receipt_long"),
            ("evaluations.subsidyrule", "percent"),
            ("evaluations.fund", "account_balance"),
            ("evaluations.fundyear", "donut_large"),
            ("evaluations.fundmovement", "swap_vert"),
            ("evaluations.fundtransfer", "sync_alt"),
            ("evaluations.clawbackreceipt", "savings"),
            ("evaluations.approvaltier", "approval"),
            ("evaluations.payeeaccount", "credit_card"),
            ("evaluations.subsidyexport", "file_download"),
            ("evaluations.bankorder", "account_balance_wallet"),
            ("evaluations.bankresult", "fact_check"),
            ("evaluations.ledgerentry", "menu_book"),
        ],
    ),
    (
        _("Party building"),
        [
            ("enterprises.partyorganisation", "account_tree"),
            ("admin:enterprises_partyorganisation_figures:coverage", "donut_large"),
            ("admin:enterprises_partyorganisation_figures:standards", "verified_user"),
            ("admin:enterprises_partyorganisation_figures:batches", "groups_2"),
            ("enterprises.partypost", "person_pin"),
            ("admin:enterprises_communitysecretary_overview", "military_tech"),
            ("enterprises.communitysecretary", "badge"),
            ("enterprises.trainingcourse", "cast_for_education"),
            ("enterprises.secretaryrating", "grade"),
            ("enterprises.secretaryaward", "emoji_events"),
            ("enterprises.crossappointment", "swap_horiz"),
            ("enterprises.adviservisit", "directions_walk"),
            ("enterprises.guidecheck", "task"),
            ("enterprises.guideitem", "menu_book"),
            ("enterprises.partystage", "stairs"),
            ("enterprises.partyrule", "tune"),
            ("enterprises.teamstandard", "groups_3"),
            ("enterprises.stagerule", "hourglass"),
        ],
    ),
    (
        _("Talent"),
        [
            ("admin:enterprises_partyorganisation_figures:talent", "insights"),
            ("enterprises.campaign", "campaign"),
            ("enterprises.campusoffer", "contract_edit"),
            ("enterprises.graduate", "school"),
            ("enterprises.post", "work"),
            ("enterprises.mentorship", "supervisor_account"),
            ("enterprises.growthstep", "stairs"),
            ("enterprises.inpostmonth", "event_available"),
            ("enterprises.hireevidence", "plagiarism"),
            ("admin:enterprises_talentapartment_overview", "apartment"),
            ("enterprises.talentapartment", "meeting_room"),
            ("enterprises.apartmentapplication", "format_list_numbered"),
            ("enterprises.apartmentoffer", "outgoing_mail"),
            ("enterprises.apartmentlease", "key"),
            ("enterprises.apartmentrule", "tune"),
            ("enterprises.postduty", "assignment"),
            ("enterprises.growthrung", "stairs_2"),
            ("enterprises.talentrule", "tune"),
        ],
    ),
    (
        _("System"),
        [
            ("accounts.user", "manage_accounts"),
            ("accounts.posting", "assignment_ind"),
            ("auth.group", "shield_person"),
            ("accounts.accountreviewline", "how_to_reg"),
            ("accounts.factorreset", "phonelink_erase"),
            ("accounts.signinentry", "login"),
            ("core.gateway", "outbound"),
            ("communities.interfacekey", "key"),
            ("core.delivery", "forward_to_inbox"),
            ("core.holiday", "calendar_month"),
            ("core.reportedfigure", "tag"),
            ("core.job", "pending_actions"),
            ("core.numberopening", "key"),
            ("evaluations.accountopening", "key"),
            ("core.exportlog", "file_download"),
            ("accounts.auditline", "history"),
            ("accounts.auditblock", "verified"),
        ],
    ),
]

RED = {
    "50": "#fdf3f3",
    "100": "#fbe5e5",
    "200": "#f6cccd",
    "300": "#eda5a7",
    "400": "#df6f73",
    "500": "#cc3d43",
    "600": "#b8161c",
    "700": "#981319",
    "800": "#7d1318",
    "900": "#681519",
    "950": "#39070a",
}


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu's groups with the items that the user may open; empty groups are left out."""
    named = {label for _title, items in MENU for label, _icon in items}
    rest = [
        (f"{m['model']._meta.label_lower}", "table")
        for app in _app_list(request)
        for m in app["models"]
        if m["model"]._meta.label_lower not in named
    ]
    found = []
    for number, (title, items) in enumerate(MENU):
        if number == len(MENU) - 1:
            items = items + rest
        links = [item for item in (_item(request, label, icon) for label, icon in items) if item]
        if links:
            found.append({"title": title, "items": links})
    return found


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: the start page, then the groups."""
    start = {"title": _("Start"), "icon": "home", "link": reverse("admin:index")}
    return [{"items": [start]}, *groups(request)]


def _app_list(request: HttpRequest) -> list[dict[str, Any]]:
    from django.contrib import admin  # the site exists only after settings are read

    return admin.site.get_app_list(request)


FIGURES = {
    "coverage": _("Two coverages"),
    "standards": _("Two standards"),
    "batches": _("Three batches"),
    "talent": _("Growth of graduates"),
}


OWN_PAGES = {
    "admin:enterprises_talentapartment_overview": (
        _("Talent apartments at a glance"),
        "enterprises.view_apartmentlease",
    ),
    "admin:enterprises_communitysecretary_overview": (
        _("Lead-goose secretaries"),
        "enterprises.view_secretaryrating",
    ),
}
"""Pages without an argument: title, and the permission that opens them."""


def _page(request: HttpRequest, label: str, icon: str) -> dict[str, Any] | None:
    """An item for a page of figures: `admin:NAME:ARGUMENT`, or one of `OWN_PAGES`."""
    if label in OWN_PAGES:
        title, permission = OWN_PAGES[label]
        if not request.user.has_perm(permission):
            return None
        return {"title": title, "icon": icon, "link": reverse(label)}
    address, _colon, argument = label.rpartition(":")
    if not request.user.has_perm("enterprises.view_partyorganisation"):
        return None
    return {"title": FIGURES[argument], "icon": icon, "link": reverse(address, args=[argument])}


def _item(request: HttpRequest, label: str, icon: str) -> dict[str, Any] | None:
    if label.startswith("admin:"):
        return _page(request, label, icon)
    app_label, name = label.split(".")
    if not (request.user.has_perm(f"{app_label}.view_{name}")):
        return None
    try:
        link = reverse(f"admin:{app_label}_{name}_changelist")
        title = TITLES.get(label) or apps.get_model(app_label, name)._meta.verbose_name_plural
    except (NoReverseMatch, LookupError):
        return None
    return {"title": title, "icon": icon, "link": link}


def environment(request: HttpRequest) -> list[str] | None:
    """The label beside the title: demonstration data."""
    return [gettext("Demonstration data"), "warning"] if settings.DEMO else None


UNFOLD = {
    "SITE_TITLE": _("Red Property"),
    "SITE_HEADER": _("Red Property"),
    "SITE_SUBHEADER": _("District administration"),
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("mark.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("mark.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "THEME": "light",
    "BORDER_RADIUS": "4px",
    "ENVIRONMENT": "redprop.admin_menu.environment",
    "DASHBOARD_CALLBACK": "evaluations.admin.start.start_page",
    "COLORS": {"primary": RED},
    "STYLES": [lambda request: static("admin.css")],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "redprop.admin_menu.navigation",
    },
}
