"""Who gets which answer in the admin: one table of pages × roles. Read by `test_url_roles.py`.

A role that a line does not name gets 403. Whoever sees a list may export it. The anonymous are led to the sign-in page everywhere.
"Foreign" is the same role in another district: it opens the same pages and finds nothing of ours there.
"""

from dataclasses import dataclass

REGISTRAR = "registrar"
ORGANISATION = "organisation_department"
CLERK = "subdistrict_clerk"
SYSTEM, SECURITY, AUDIT = "system_administrator", "security_administrator", "audit_administrator"

EVALUATION = "evaluator inspector reviewer objection_decider publisher"
FINANCE = "finance_maker finance_checker approver"
STAFF = f"{REGISTRAR} {EVALUATION} {FINANCE} {ORGANISATION} {CLERK}"
"""Everybody of a district who works in the admin."""

IN_ADMIN = f"{STAFF} {SYSTEM} {SECURITY} {AUDIT}"
NOT_IN_ADMIN = "community_secretary enterprise_contact"
PERSONAL = f"{REGISTRAR} {ORGANISATION} reviewer {FINANCE}"
"""Who sees persons, posts and graduates: where money or the posts themselves hang on them."""

MAPPERS = f"{REGISTRAR} evaluator finance_maker {ORGANISATION}"
"""Who keeps the column mappings of the district; a clerk uses them."""
IMPORTERS = f"{MAPPERS} {CLERK}"
LEDGERS = f"{REGISTRAR} {CLERK}"
NOBODY = ""
MARKERS = "evaluator inspector"
DECIDERS = "evaluator reviewer objection_decider publisher"
CREDIT = f"{REGISTRAR} {DECIDERS}"
MONEY = f"reviewer {FINANCE}"
BATCH = f"{MONEY} {CLERK} {ORGANISATION} publisher"
"""Who takes a step of a batch: reviewers of slices, and the publisher who puts it under notice."""

BY_STATE = "depends on the row's state"
"""Who may change such a row hangs on its state; its own tests say so."""


@dataclass(frozen=True)
class Register:
    """A model's pages: its list, its history and each row (`sees`), the blank form (`adds`), saving (`changes`).

    `imports` names who may import into the register of that name.
    """

    sees: str
    adds: str = NOBODY
    changes: str = NOBODY
    register: str = ""
    imports: str = NOBODY


REGISTERS: dict[str, Register] = {
    "accounts.user": Register(f"{REGISTRAR} {SYSTEM} {SECURITY} {AUDIT}", SYSTEM, SYSTEM),
    "accounts.posting": Register(f"{SYSTEM} {SECURITY} {AUDIT}", SECURITY, SECURITY),
    "accounts.signinentry": Register(f"{SECURITY} {AUDIT}"),
    "accounts.factorreset": Register(f"{SYSTEM} {SECURITY} {AUDIT}", SYSTEM),
    "accounts.accountreviewline": Register(f"{CLERK} {SYSTEM} {SECURITY} {AUDIT}"),
    "auth.group": Register(SECURITY),
    "accounts.auditline": Register(AUDIT),
    "accounts.auditblock": Register(AUDIT),
    "core.gateway": Register(SYSTEM, SYSTEM, SYSTEM),
    "communities.interfacekey": Register(SYSTEM, SYSTEM, SYSTEM),
    "core.delivery": Register(SYSTEM),
    "areas.district": Register(STAFF, NOBODY, REGISTRAR),
    "areas.subdistrict": Register(STAFF, REGISTRAR, REGISTRAR, "subdistricts", REGISTRAR),
    "areas.community": Register(STAFF, REGISTRAR, REGISTRAR, "communities", REGISTRAR),
    "areas.divisionchange": Register(STAFF, REGISTRAR, REGISTRAR, "community-changes", REGISTRAR),
    "areas.divisionedition": Register(STAFF),
    "core.person": Register(
        PERSONAL,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "people",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "core.numberopening": Register(AUDIT),
    "core.exportlog": Register(AUDIT),
    "core.holiday": Register(STAFF, REGISTRAR, REGISTRAR, "holidays", REGISTRAR),
    "core.reportedfigure": Register(STAFF, REGISTRAR, REGISTRAR, "reported-figures", REGISTRAR),
    "core.importbatch": Register(IMPORTERS),
    "core.mappingprofile": Register(MAPPERS, NOBODY, MAPPERS),
    "core.job": Register(f"{STAFF} {SYSTEM}"),
    "core.savedfilter": Register(NOBODY),
    "enterprises.enterprise": Register(STAFF, REGISTRAR, REGISTRAR, "enterprises", REGISTRAR),
    "enterprises.serviceproject": Register(STAFF, REGISTRAR, REGISTRAR, "projects", REGISTRAR),
    "enterprises.partyorganisation": Register(
        STAFF,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "party-organisations",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.partypost": Register(
        STAFF,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "party-posts",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.crossappointment": Register(
        STAFF,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "cross-appointments",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.partystage": Register(ORGANISATION, ORGANISATION, ORGANISATION),
    "enterprises.stagerule": Register(ORGANISATION, ORGANISATION, ORGANISATION),
    "enterprises.partyrule": Register(STAFF, ORGANISATION, ORGANISATION),
    "enterprises.teamstandard": Register(STAFF, ORGANISATION, ORGANISATION),
    "enterprises.adviservisit": Register(
        STAFF,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "adviser-visits",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.guideitem": Register(
        STAFF,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "guide-items",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.guidecheck": Register(STAFF, NOBODY, NOBODY, "guide-checks", f"{REGISTRAR} {ORGANISATION}"),
    "enterprises.post": Register(
        PERSONAL,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "posts",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.graduate": Register(
        PERSONAL,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "graduates",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.inpostmonth": Register(
        PERSONAL,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "in-post-months",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.campaign": Register(
        PERSONAL,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "campaigns",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.campusoffer": Register(
        PERSONAL,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "campus-offers",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.mentorship": Register(
        PERSONAL,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "mentors",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.growthstep": Register(
        PERSONAL,
        f"{REGISTRAR} {ORGANISATION}",
        f"{REGISTRAR} {ORGANISATION}",
        "growth-steps",
        f"{REGISTRAR} {ORGANISATION}",
    ),
    "enterprises.growthrung": Register(STAFF, ORGANISATION, ORGANISATION, "growth-rungs", ORGANISATION),
    "enterprises.postduty": Register(STAFF, ORGANISATION, ORGANISATION, "post-duties", ORGANISATION),
    "enterprises.talentrule": Register(STAFF, ORGANISATION, ORGANISATION),
    "enterprises.hireevidence": Register(f"{FINANCE} {ORGANISATION}"),
    "enterprises.talentapartment": Register(
        *[f"{REGISTRAR} {ORGANISATION}"] * 3, "apartments", f"{REGISTRAR} {ORGANISATION}"
    ),
    "enterprises.apartmentlease": Register(
        f"{REGISTRAR} {ORGANISATION}", NOBODY, NOBODY, "apartment-leases", f"{REGISTRAR} {ORGANISATION}"
    ),
    "enterprises.apartmentapplication": Register(*[f"{REGISTRAR} {ORGANISATION}"] * 2),
    "enterprises.apartmentoffer": Register(f"{REGISTRAR} {ORGANISATION}"),
    "enterprises.apartmentrule": Register(*[f"{REGISTRAR} {ORGANISATION}"] * 3),
    "enterprises.communitysecretary": Register(
        *[f"{REGISTRAR} {ORGANISATION}"] * 3, "community-secretaries", f"{REGISTRAR} {ORGANISATION}"
    ),
    "enterprises.trainingcourse": Register(
        *[f"{REGISTRAR} {ORGANISATION}"] * 3, "training-courses", f"{REGISTRAR} {ORGANISATION}"
    ),
    "enterprises.secretaryrating": Register(
        *[f"{REGISTRAR} {ORGANISATION}"] * 3, "secretary-ratings", f"{REGISTRAR} {ORGANISATION}"
    ),
    "enterprises.secretaryaward": Register(*[f"{REGISTRAR} {ORGANISATION}"] * 3),
    "communities.compound": Register(STAFF, REGISTRAR, REGISTRAR, "compounds", REGISTRAR),
    "communities.compoundmerge": Register(STAFF),
    "communities.districtoutline": Register(STAFF, REGISTRAR, REGISTRAR),
    "communities.servicecontract": Register(STAFF, REGISTRAR, REGISTRAR, "contracts", REGISTRAR),
    "communities.marketround": Register(STAFF, REGISTRAR, REGISTRAR, "market-rounds", REGISTRAR),
    "communities.residentfee": Register(STAFF, REGISTRAR, REGISTRAR, "resident-fees", REGISTRAR),
    "communities.feecollection": Register(STAFF, REGISTRAR, REGISTRAR, "fee-collections", REGISTRAR),
    "communities.incomediversion": Register(STAFF, REGISTRAR, REGISTRAR, "income-diversions", REGISTRAR),
    "communities.handover": Register(STAFF, REGISTRAR, NOBODY),
    "communities.jointmeeting": Register(STAFF, NOBODY, NOBODY, "joint-meetings", LEDGERS),
    "communities.councilmeeting": Register(STAFF, NOBODY, NOBODY, "council-meetings", LEDGERS),
    "communities.councilresolution": Register(STAFF),
    "communities.counciltopic": Register(STAFF),
    "communities.councilfollowup": Register(STAFF),
    "communities.councilrule": Register(STAFF, "evaluator", "evaluator"),
    "communities.commitment": Register(STAFF, NOBODY, NOBODY, "commitments", LEDGERS),
    "communities.residentrequest": Register(STAFF, NOBODY, NOBODY, "requests", LEDGERS),
    "communities.homevisit": Register(STAFF, NOBODY, NOBODY, "visits", LEDGERS),
    "communities.volunteerteam": Register(STAFF),
    "communities.volunteeractivity": Register(STAFF),
    "communities.jointproject": Register(STAFF),
    "communities.gridcell": Register(STAFF),
    "communities.gridshift": Register(STAFF, NOBODY, NOBODY, "grid-rosters", LEDGERS),
    "communities.visititem": Register(STAFF, REGISTRAR, REGISTRAR),
    "communities.supervisionorder": Register(STAFF),
    "communities.requestterm": Register(STAFF, "evaluator", "evaluator"),
    "communities.supervisionrule": Register(STAFF, "evaluator", "evaluator"),
    "communities.extensionrequest": Register(STAFF),
    "communities.exclusion": Register(STAFF),
    "evaluations.inspection": Register(EVALUATION, MARKERS, BY_STATE, "inspections", "evaluator"),
    "evaluations.inspectionitemset": Register(
        MARKERS, "evaluator", "evaluator", "guarantee-items", "evaluator"
    ),
    "evaluations.ownsubdistrict": Register("evaluator", "evaluator", "evaluator"),
    "evaluations.inspectionrule": Register("evaluator", "evaluator", "evaluator"),
    "evaluations.inspectionplan": Register("evaluator"),
    "evaluations.surveyanswer": Register(DECIDERS, NOBODY, NOBODY, "survey-answers", "evaluator"),
    "evaluations.surveyround": Register(STAFF, "evaluator", BY_STATE),
    "evaluations.surveysample": Register(STAFF),
    "evaluations.householdnumber": Register(
        f"{REGISTRAR} evaluator",
        f"{REGISTRAR} evaluator",
        f"{REGISTRAR} evaluator",
        "survey-households",
        f"{REGISTRAR} evaluator",
    ),
    "evaluations.veto": Register(DECIDERS, "evaluator", "evaluator", "vetoes", "evaluator"),
    "evaluations.deductionground": Register(
        DECIDERS, "evaluator", "evaluator", "deduction-grounds", "evaluator"
    ),
    "evaluations.deduction": Register(DECIDERS, "evaluator", "evaluator", "deductions", "evaluator"),
    "evaluations.handmark": Register(DECIDERS, "evaluator", BY_STATE, "hand-marks", "evaluator"),
    "evaluations.rubric": Register(STAFF, "evaluator", BY_STATE, "rubrics", "evaluator"),
    "evaluations.evaluationperiod": Register(STAFF, "evaluator", BY_STATE),
    "evaluations.closingrun": Register(STAFF),
    "evaluations.scorecard": Register(STAFF),
    "evaluations.listentry": Register(STAFF),
    "evaluations.release": Register(STAFF),
    "evaluations.releaseentry": Register(STAFF),
    "evaluations.objection": Register(STAFF),
    "evaluations.entryreply": Register(STAFF),
    "evaluations.followup": Register(STAFF),
    "evaluations.rectification": Register(STAFF),
    "evaluations.periodreport": Register(STAFF),
    "evaluations.flagrule": Register(STAFF, "evaluator", "evaluator"),
    "evaluations.flaground": Register(STAFF, "evaluator", NOBODY),
    "evaluations.flagcandidate": Register(STAFF),
    "evaluations.rotatingflag": Register(STAFF),
    "evaluations.flagwithdrawal": Register(STAFF),
    "evaluations.creditscheme": Register(CREDIT, "evaluator", BY_STATE, "credit-schemes", "evaluator"),
    "evaluations.creditevent": Register(CREDIT, "evaluator", NOBODY, "credit-events", "evaluator"),
    "evaluations.cityrating": Register(CREDIT, "evaluator", "evaluator", "city-ratings", "evaluator"),
    "evaluations.creditreport": Register(CREDIT, "evaluator publisher", NOBODY),
    "evaluations.tender": Register(CREDIT, "evaluator", "evaluator"),
    "evaluations.fund": Register(MONEY, "finance_maker", "finance_maker", "funds", "finance_maker"),
    "evaluations.fundmovement": Register(MONEY),
    "evaluations.subsidyrule": Register(MONEY, "finance_maker", BY_STATE, "subsidy-rules", "finance_maker"),
    "evaluations.entitlement": Register(BATCH),
    "evaluations.subsidybatch": Register(BATCH),
    "evaluations.paymentline": Register(BATCH),
    "evaluations.subsidyexport": Register(MONEY),
    "evaluations.fundyear": Register(MONEY),
    "evaluations.fundtransfer": Register(MONEY, "finance_maker", NOBODY),
    "evaluations.clawbackreceipt": Register(MONEY),
    "evaluations.approvaltier": Register(MONEY, "finance_checker", "finance_checker"),
    "evaluations.payeeaccount": Register(MONEY, "finance_maker", NOBODY, "payee-accounts", "finance_maker"),
    "evaluations.accountopening": Register(AUDIT),
    "evaluations.bankorder": Register(MONEY),
    "evaluations.bankresult": Register(MONEY),
    "evaluations.ledgerentry": Register(MONEY),
}


@dataclass(frozen=True)
class Page:
    """A page beside the registers: method, address arguments by fixture name, who gets `answer`.

    `own` are the roles that get it for a row of their district; the same roles abroad get `foreign`.
    """

    method: str
    own: str
    answer: int = 200
    foreign: int = 200
    query: str = ""
    row: str = ""
    args: tuple[object, ...] = ()


PAGES: dict[str, Page] = {
    "admin:index": Page("get", IN_ADMIN),
    "admin:search": Page("get", IN_ADMIN, query="s=x"),
    "admin:jsi18n": Page("get", IN_ADMIN),
    # Leads to the one page on which a password is changed.
    "admin:password_change": Page("get", IN_ADMIN, answer=302, foreign=302),
    "admin:password_change_done": Page("get", IN_ADMIN),
    # Suggestions of compounds for a market round, to whoever may see compounds.
    "admin:autocomplete": Page(
        "get", STAFF, query="app_label=communities&model_name=marketround&field_name=compound&term=x"
    ),
    "admin:auth_user_password_change": Page("get", SYSTEM, foreign=404, row="accounts.user"),
    "admin:accounts_posting_who": Page("get", f"{SYSTEM} {SECURITY} {AUDIT}"),
    "admin:accounts_posting_stand_in": Page("post", SECURITY, foreign=404, answer=404, args=(0,)),
    "admin:accounts_factorreset_decide": Page(
        "post", f"{SYSTEM} {SECURITY} {AUDIT}", answer=404, foreign=404, args=(0,)
    ),
    "admin:accounts_accountreviewline_open": Page("get", SECURITY, answer=302, foreign=302),
    "admin:accounts_accountreviewline_decide": Page(
        "post", f"{CLERK} {SYSTEM} {SECURITY} {AUDIT}", answer=404, foreign=404, args=(0,)
    ),
    "admin:core_person_open_number": Page(
        "get", f"{REGISTRAR} finance_maker {ORGANISATION}", foreign=404, row="core.person"
    ),
    "admin:core_person_data": Page(
        "get", f"{REGISTRAR} finance_maker {ORGANISATION}", foreign=404, row="core.person"
    ),
    "admin:accounts_auditline_processing_record": Page("get", AUDIT),
    "admin:enterprises_campaign_funnel": Page("get", PERSONAL),
    "admin:enterprises_campaign_funnel_file": Page("get", PERSONAL, args=("csv",)),
    "admin:enterprises_campaign_funnel_rows": Page("get", PERSONAL),
    "admin:enterprises_campaign_funnel_rows_file": Page("get", PERSONAL, args=("csv",)),
    "admin:enterprises_graduate_retention": Page("get", PERSONAL),
    "admin:enterprises_graduate_retention_file": Page("get", PERSONAL, args=("csv",)),
    "admin:enterprises_graduate_retention_rows": Page("get", PERSONAL),
    "admin:enterprises_graduate_retention_rows_file": Page("get", PERSONAL, args=("csv",)),
    "admin:enterprises_campusoffer_step": Page(
        "post", f"{REGISTRAR} {ORGANISATION}", answer=404, foreign=404, args=(0,)
    ),
    "admin:enterprises_graduate_leave": Page(
        "post", f"{REGISTRAR} {ORGANISATION}", answer=404, foreign=404, args=(0,)
    ),
    "admin:enterprises_mentorship_left": Page(
        "post", f"{REGISTRAR} {ORGANISATION}", answer=404, foreign=404, args=(0,)
    ),
    "admin:enterprises_partyorganisation_figures": Page("get", STAFF, args=("coverage",)),
    "admin:enterprises_partyorganisation_figures_file": Page("get", STAFF, args=("standards", "csv")),
    "admin:enterprises_partyorganisation_rows": Page("get", STAFF, args=("projects",)),
    "admin:enterprises_partyorganisation_rows_file": Page("get", STAFF, args=("terms_late", "csv")),
    "admin:enterprises_partyorganisation_propose": Page("get", f"{REGISTRAR} {ORGANISATION}"),
    "admin:enterprises_talentapartment_overview": Page("get", f"{REGISTRAR} {ORGANISATION}"),
    "admin:enterprises_talentapartment_rows": Page("get", f"{REGISTRAR} {ORGANISATION}", args=("waiting",)),
    "admin:enterprises_talentapartment_rows_file": Page(
        "get", f"{REGISTRAR} {ORGANISATION}", args=("let", "csv")
    ),
    "admin:enterprises_apartmentapplication_step": Page(
        "post", f"{REGISTRAR} {ORGANISATION}", answer=404, foreign=404, args=(0, "offer")
    ),
    "admin:enterprises_apartmentlease_step": Page(
        "post", f"{REGISTRAR} {ORGANISATION}", answer=404, foreign=404, args=(0, "end")
    ),
    "admin:enterprises_communitysecretary_overview": Page("get", f"{REGISTRAR} {ORGANISATION}"),
    "admin:enterprises_communitysecretary_overview_file": Page(
        "get", f"{REGISTRAR} {ORGANISATION}", args=("csv",)
    ),
    "admin:enterprises_communitysecretary_person": Page(
        "get", f"{REGISTRAR} {ORGANISATION}", answer=404, foreign=404, args=(0,)
    ),
    "admin:core_person_doubles": Page("get", f"{REGISTRAR} {ORGANISATION}"),
    "admin:areas_community_edition": Page("get", REGISTRAR),
    "admin:areas_community_edition_preview": Page("get", REGISTRAR, answer=404, foreign=404, args=(0,)),
    "admin:areas_community_by_hand": Page("get", REGISTRAR),
    "admin:areas_community_on": Page("get", STAFF),
    "admin:core_holiday_year": Page("get", STAFF, args=(2026,)),
    "admin:communities_compound_dissolved": Page("get", STAFF),
    "admin:communities_compound_doubles": Page("get", STAFF),
    "admin:communities_compound_merge": Page("get", STAFF),
    "admin:communities_compoundmerge_undo": Page("get", STAFF, answer=404, foreign=404, args=(0,)),
    "admin:communities_compound_successor": Page("get", STAFF, answer=404, foreign=404, args=(0,)),
    "admin:core_savedfilter_keep": Page("post", IN_ADMIN, answer=404, foreign=404),
    "admin:core_savedfilter_drop": Page("post", IN_ADMIN, answer=404, foreign=404, args=(0,)),
    # Pages of steps and files: whoever sees the register finds no row 0, all others are turned away.
    # Who may take which step is tried where the steps are.
    **{
        f"admin:evaluations_{name}_step": Page("get", STAFF, answer=404, foreign=404, args=(0, "x"))
        for name in (
            "evaluationperiod",
            "rubric",
            "closingrun",
            "scorecard",
            "listentry",
            "release",
            "releaseentry",
            "objection",
            "followup",
            "rectification",
            "periodreport",
            "flaground",
            "flagcandidate",
            "rotatingflag",
            "flagwithdrawal",
            "surveyround",
            "surveysample",
        )
    },
    "admin:evaluations_surveyround_letters": Page("get", STAFF, answer=404, foreign=404, args=(0, 0)),
    "admin:evaluations_scorecard_facts": Page("get", STAFF, answer=404, foreign=404, args=(0, "x")),
    "admin:evaluations_rubric_trial": Page("get", STAFF, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_rubric_compare": Page("get", STAFF, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_periodreport_file": Page("get", STAFF, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_evaluationperiod_standing": Page("get", STAFF, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_evaluationperiod_so_far": Page("get", STAFF, answer=404, foreign=404, args=(0, 0)),
    "admin:evaluations_evaluationperiod_trend": Page("get", STAFF, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_release_bundle": Page("get", STAFF, answer=404, foreign=404, args=(0,)),
    **{
        f"admin:evaluations_{model}_{page}": Page("get", DECIDERS, answer=404, foreign=404, args=args)
        for model in ("veto", "deduction")
        for page, args in (("step", (0, "x")), ("scan", (0,)))
    },
    "admin:evaluations_listentry_correct": Page("get", "evaluator", answer=404, foreign=404, args=(0,)),
    "admin:evaluations_creditevent_step": Page("get", CREDIT, answer=404, foreign=404, args=(0, "x")),
    "admin:evaluations_creditreport_step": Page("get", CREDIT, answer=404, foreign=404, args=(0, "x")),
    "admin:evaluations_creditevent_paper": Page("get", CREDIT, answer=404, foreign=404, args=(0, "pdf")),
    "admin:evaluations_creditreport_paper": Page("get", CREDIT, answer=404, foreign=404, args=(0, "pdf")),
    "admin:evaluations_subsidybatch_prepare": Page("get", "finance_maker"),
    "admin:evaluations_subsidybatch_step": Page("get", BATCH, answer=404, foreign=404, args=(0, "x")),
    "admin:evaluations_subsidybatch_file": Page("get", BATCH, answer=404, foreign=404, args=(0, "roster")),
    "admin:evaluations_subsidybatch_clawbacks": Page("get", MONEY),
    "admin:evaluations_subsidybatch_sample": Page("get", BATCH, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_subsidybatch_result": Page("get", BATCH, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_subsidybatch_returned": Page("get", BATCH, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_payeeaccount_confirm_all": Page("get", "reviewer finance_checker approver"),
    "admin:evaluations_payeeaccount_decide": Page("post", MONEY, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_payeeaccount_open_number": Page(
        "get", "finance_maker finance_checker", answer=404, foreign=404, args=(0,)
    ),
    "admin:evaluations_ledgerentry_trial_balance": Page("get", MONEY),
    "admin:evaluations_fundyear_close": Page("post", MONEY, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_fundtransfer_decide": Page("post", MONEY, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_clawbackreceipt_decide": Page("post", MONEY, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_paymentline_move": Page("post", BATCH, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_entitlement_report": Page("get", BATCH),
    "admin:evaluations_entitlement_outlook": Page("get", MONEY),
    "admin:evaluations_entitlement_market": Page("get", STAFF),
    "admin:evaluations_entitlement_pack": Page("get", BATCH, answer=404, foreign=404, args=(0,)),
    "admin:evaluations_entitlement_compute": Page("post", "finance_maker", answer=302, foreign=302),
    "admin:communities_handover_step": Page("post", STAFF, answer=404, foreign=404, args=(0, "inspect")),
    "admin:enterprises_hireevidence_decide": Page(
        "post", f"{FINANCE} {ORGANISATION}", answer=404, foreign=404, args=(0,)
    ),
    "admin:enterprises_hireevidence_file": Page(
        "get", f"{FINANCE} {ORGANISATION}", answer=404, foreign=404, args=(0,)
    ),
    "admin:evaluations_subsidyrule_adopt": Page("get", "finance_maker", answer=404, foreign=404, args=(0,)),
}

OPEN_TO_ALL = {
    "admin:login": "leads to the one sign-in page; staff are sent on to the start page",
    "admin:logout": "ends the session, by POST",
}
"""Answers that do not depend on the role; tried one by one."""

LEADS_ON = {
    "admin:app_list": "the packages' lists of tables, which hold only what the role may see",
    "admin/(?P<url>.*)$": "404, or the same address with a slash",
}
"""Patterns of Django's own that lead to pages of this table or to nothing."""

PER_ROW_REDIRECT = "/<path:object_id>/"
"""Ends the routes that lead on to a row's page."""
