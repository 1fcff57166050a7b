"""What each role may do: one table, role → model → actions, and the function that writes it into the groups.

`accounts.apps` calls `set_role_permissions` after each `migrate`: whoever adds a model adds its lines here.
Scope is another matter: a permission opens a page, `objects.for_user(user)` decides which rows.
"""

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from redprop.accounts.roles import Role

READ = "view"
KEEP = "view add change"

AREAS = ["areas.district", "areas.subdistrict", "areas.community", "areas.communityversion"]
AREA_STEPS = ["areas.communitysuccession", "areas.divisionchange"]
SERVICE = [
    "enterprises.enterprise",
    "enterprises.serviceproject",
    "communities.compound",
    "communities.compoundplacement",
    "communities.compoundkind",
    "communities.compoundclass",
    "communities.servicecontract",
    "communities.serviceassignment",
    "communities.marketround",
    "communities.residentfee",
    "communities.feecollection",
    "communities.incomediversion",
    "communities.handover",
    "communities.handoveritem",
]
MERGING = ["communities.compoundmerge", "communities.distinctcompounds", "communities.districtoutline"]
"""What makes one compound of several descriptions; kept by the registrar, read by the district."""
PARTY = [
    "enterprises.partyorganisation",
    "enterprises.partycoverage",
    "enterprises.partypost",
    "enterprises.crossappointment",
    "enterprises.partycount",
    "enterprises.partyterm",
    "enterprises.adviservisit",
    "enterprises.guideitem",
    "enterprises.guidecheck",
]
PARTY_RULES = ["enterprises.partyrule", "enterprises.teamstandard"]
DEVELOPMENT = ["enterprises.partystage", "enterprises.stagerule"]
"""For the organisation department alone."""
APARTMENTS = [
    "enterprises.talentapartment",
    "enterprises.apartmentpause",
    "enterprises.apartmentlease",
    "enterprises.apartmentapplication",
    "enterprises.apartmentoffer",
    "enterprises.apartmentrule",
]
"""Who lives where and who waits: for the registrar and the organisation department alone."""
LEAD_GEESE = [
    "enterprises.communitysecretary",
    "enterprises.trainingcourse",
    "enterprises.trainingattendance",
    "enterprises.secretaryrating",
    "enterprises.secretaryaward",
]
PEOPLE = ["core.person", "enterprises.post"]
TALENT = [
    "enterprises.graduate",
    "enterprises.inpostmonth",
    "enterprises.campaign",
    "enterprises.campusoffer",
    "enterprises.mentorship",
    "enterprises.growthstep",
]
TALENT_RULES = ["enterprises.growthrung", "enterprises.postduty", "enterprises.talentrule"]
WORK = [
    "communities.jointmeeting",
    "communities.meetingattendance",
    "communities.meetingproblem",
    "communities.meetingaddendum",
    "communities.meetingscan",
    "communities.commitment",
    "communities.commitmentstep",
    "communities.commitmentphoto",
    "communities.residentrequest",
    "communities.requeststep",
    "communities.requestphoto",
    "communities.extensionrequest",
    "communities.handlingpart",
    "communities.supervisionorder",
    "communities.exclusion",
    "communities.homevisit",
    "communities.visitcount",
    "communities.volunteerteam",
    "communities.volunteeractivity",
    "communities.councilmeeting",
    "communities.councilattendance",
    "communities.counciltopic",
    "communities.councilresolution",
    "communities.councilfollowup",
    "communities.jointproject",
    "communities.gridcell",
    "communities.gridarea",
    "communities.gridmode",
    "communities.gridshift",
]
FACTS = [
    "evaluations.inspection",
    "evaluations.inspectionmark",
    "evaluations.surveyanswer",
    "evaluations.veto",
    "evaluations.deduction",
    "evaluations.deductionground",
    "evaluations.handmark",
]
INSPECTION_RULES = [
    "evaluations.inspectionitemset",
    "evaluations.inspectionitem",
    "evaluations.ownsubdistrict",
    "evaluations.inspectionrule",
]
INSPECTION_WORK = ["evaluations.inspectionplan", "evaluations.inspectiontask"]
"""Read by whoever makes the plans alone: an expected visit measures nothing. Inspectors have their tasks at the desk."""
RESULTS = [
    "evaluations.evaluationperiod",
    "evaluations.rubric",
    "evaluations.rubricitem",
    "evaluations.rubricband",
    "evaluations.closingrun",
    "evaluations.subject",
    "evaluations.indicatorvalue",
    "evaluations.scorecard",
    "evaluations.scoreline",
    "evaluations.listentry",
    "evaluations.release",
    "evaluations.releaseentry",
    "evaluations.objection",
    "evaluations.entryreply",
    "evaluations.followup",
    "evaluations.rectification",
    "evaluations.periodreport",
    "evaluations.surveyround",
    "evaluations.surveyquestion",
    "evaluations.surveysample",
]
FLAGS = [
    "evaluations.flagrule",
    "evaluations.flaground",
    "evaluations.flagcandidate",
    "evaluations.rotatingflag",
    "evaluations.flagwithdrawal",
]
CREDIT_SCHEMES = ["evaluations.creditscheme", "evaluations.creditgrade"]
CREDIT = [
    "evaluations.creditevent",
    "evaluations.crediteventend",
    "evaluations.cityrating",
    "evaluations.creditreport",
    "evaluations.tender",
    "evaluations.tenderbid",
]
"""The credit ledger, which the evaluators keep; the staff of the evaluation and the registrar read it."""
MONEY = [
    "evaluations.fund",
    "evaluations.fundyear",
    "evaluations.fundmovement",
    "evaluations.subsidyrule",
    "evaluations.subsidyrate",
    "evaluations.factorband",
    "evaluations.subsidyrequirement",
    "evaluations.entitlement",
    "evaluations.subsidybatch",
    "evaluations.subsidyslice",
    "evaluations.subsidystep",
    "evaluations.subsidyexport",
    "evaluations.paymentline",
    "evaluations.payeeaccount",
    "evaluations.fundtransfer",
    "evaluations.clawbackreceipt",
    "evaluations.approvaltier",
    "evaluations.subsidyapproval",
    "evaluations.sampledline",
    "evaluations.bankorder",
    "evaluations.bankresult",
    "evaluations.ledgerentry",
    "evaluations.ledgerline",
]
BATCH = ["evaluations.subsidyslice", "evaluations.paymentline", "evaluations.entitlement"]
"""What a first review needs to see of a batch, beside the batch itself."""
CALENDAR = ["core.holiday", "core.reportedfigure"]
BURDEN = ["core.formburden"]
LEDGERS = [
    "communities.jointmeeting",
    "communities.commitment",
    "communities.residentrequest",
    "communities.homevisit",
    "communities.councilmeeting",
    "communities.gridshift",
]
"""What a clerk takes over from ledgers on paper by file; at the desk these have rules of their own."""
RUNS = ["core.importbatch", "core.importrow", "core.job"]
PROFILES = {"core.mappingprofile": "view change delete"}
"""Column mappings are made while importing, and kept by whoever imports."""


def lines(models: list[str], actions: str) -> dict[str, str]:
    """The same actions on several models."""
    return dict.fromkeys(models, actions)


READING = {
    **lines(
        AREAS
        + AREA_STEPS
        + SERVICE
        + PARTY
        + PARTY_RULES
        + TALENT_RULES
        + WORK
        + CALENDAR
        + BURDEN
        + RESULTS
        + FLAGS,
        READ,
    ),
    "communities.supervisionrule": READ,
    "communities.visititem": READ,
    **lines(MERGING, READ),
    "communities.requestterm": READ,
    "communities.councilrule": READ,
    "areas.divisionedition": READ,
    "core.job": READ,
}
"""What everybody with an area in the admin may look up."""

ROLE_PERMISSIONS: dict[str, dict[str, str]] = {
    Role.REGISTRAR: {
        **READING,
        **lines(AREAS + AREA_STEPS + SERVICE + PARTY + PEOPLE + TALENT + CALENDAR, KEEP),
        "core.person": "view add change open_id_number",
        "core.distinctpersons": KEEP,
        **lines(APARTMENTS + LEAD_GEESE, KEEP),
        "enterprises.enterprisecontact": KEEP,
        **lines(MERGING, KEEP),
        "evaluations.householdnumber": KEEP,
        **lines(LEDGERS, KEEP),
        "communities.visititem": KEEP,
        **lines(CREDIT_SCHEMES + CREDIT, READ),
        "accounts.user": READ,
        **lines(RUNS, "view add"),
        **PROFILES,
    },
    Role.EVALUATOR: {
        **READING,
        **lines(FACTS + INSPECTION_RULES, KEEP),
        "evaluations.inspectionphoto": READ,
        **lines(INSPECTION_WORK, READ),
        "communities.supervisionrule": KEEP,
        "communities.requestterm": KEEP,
        "communities.councilrule": KEEP,
        **lines(["evaluations.evaluationperiod", "evaluations.rubric"], KEEP),
        **lines(["evaluations.rubricitem", "evaluations.rubricband"], KEEP),
        "evaluations.surveyround": KEEP,
        "evaluations.surveyquestion": "view add change delete",
        "evaluations.householdnumber": KEEP,
        **lines(CREDIT_SCHEMES, KEEP),
        **lines(CREDIT, KEEP),
        "evaluations.listentry": KEEP,
        "evaluations.flagrule": KEEP,
        "evaluations.flaground": "view add",
        "evaluations.rotatingflag": "view add",
        **lines(RUNS, "view add"),
        **PROFILES,
    },
    Role.INSPECTOR: {
        **READING,
        **lines(["evaluations.inspection", "evaluations.inspectionmark"], KEEP),
        **lines(["evaluations.inspectionitemset", "evaluations.inspectionitem"], READ),
    },
    Role.REVIEWER: {
        **READING,
        **lines(FACTS + CREDIT_SCHEMES + CREDIT + PEOPLE + TALENT + MONEY, READ),
        "evaluations.subsidybatch": "view review_subsidybatch",
    },
    Role.OBJECTION_DECIDER: {
        **READING,
        **lines(FACTS + CREDIT_SCHEMES + CREDIT, READ),
        "evaluations.objection": KEEP,
    },
    Role.PUBLISHER: {
        **READING,
        **lines(FACTS, READ),
        **lines(["evaluations.release", "evaluations.listentry"], KEEP),
        **lines(CREDIT_SCHEMES + CREDIT, READ),
        "evaluations.creditreport": "view add change",
        "evaluations.objection": "view add",
        **lines(BATCH, READ),
        "evaluations.subsidybatch": "view notice_subsidybatch",
    },
    Role.FINANCE_MAKER: {
        **READING,
        **lines(PEOPLE + TALENT + MONEY, READ),
        **lines(["evaluations.subsidyrule", "evaluations.subsidyrate", "evaluations.factorband"], KEEP),
        "evaluations.subsidyrequirement": "view add change delete",
        "enterprises.hireevidence": "view decide_hireevidence",
        **lines(["evaluations.fund", "evaluations.fundyear"], KEEP),
        "evaluations.subsidybatch": "view add prepare_subsidybatch notice_subsidybatch export_subsidybatch",
        "evaluations.payeeaccount": "view add change open_payeeaccount",
        "evaluations.fundtransfer": "view add",
        "core.person": "view open_id_number",
        **lines(RUNS, "view add"),
        **PROFILES,
    },
    Role.FINANCE_CHECKER: {
        **READING,
        **lines(PEOPLE + TALENT + MONEY, READ),
        "enterprises.hireevidence": READ,
        "evaluations.subsidybatch": "view review_subsidybatch export_subsidybatch",
        "evaluations.payeeaccount": "view change open_payeeaccount",
        "evaluations.approvaltier": KEEP,
    },
    Role.APPROVER: {
        **READING,
        **lines(PEOPLE + TALENT + MONEY, READ),
        "enterprises.hireevidence": READ,
        "evaluations.subsidybatch": "view approve_subsidybatch",
    },
    Role.ORGANISATION: {
        **READING,
        **lines(PARTY + PARTY_RULES + PEOPLE + TALENT + TALENT_RULES + DEVELOPMENT, KEEP),
        **lines(APARTMENTS + LEAD_GEESE, KEEP),
        "enterprises.hireevidence": READ,
        "core.person": "view add change open_id_number",
        "core.distinctpersons": KEEP,
        **lines(BATCH, READ),
        "evaluations.subsidybatch": "view review_subsidybatch",
        **lines(RUNS, "view add"),
        **PROFILES,
    },
    Role.SUBDISTRICT_CLERK: {
        **READING,
        "accounts.accountreviewline": READ,
        **lines(LEDGERS, KEEP),
        **lines(RUNS, "view add"),
        **lines(BATCH, READ),
        "evaluations.subsidybatch": "view review_subsidybatch",
    },
    Role.COMMUNITY_SECRETARY: {
        **lines(SERVICE + WORK, READ),
        **lines(LEDGERS, KEEP),
    },
    Role.ENTERPRISE_CONTACT: {
        "enterprises.enterprise": READ,
        "enterprises.serviceproject": READ,
        "communities.commitment": READ,
        "communities.councilresolution": READ,
    },
    Role.SYSTEM_ADMINISTRATOR: {
        "accounts.user": KEEP,
        "accounts.posting": READ,
        "accounts.factorreset": "view add",
        "accounts.accountreviewline": READ,
        "core.job": READ,
        "core.gateway": KEEP,
        "core.delivery": READ,
        "communities.interfacekey": "view add change",
    },
    Role.SECURITY_ADMINISTRATOR: {
        "accounts.user": READ,
        "accounts.posting": KEEP,
        "accounts.factorreset": READ,
        "accounts.accountreviewline": READ,
        "accounts.signinentry": READ,
        "auth.group": READ,
    },
    Role.AUDIT_ADMINISTRATOR: {
        "accounts.auditline": READ,
        "accounts.auditblock": READ,
        "core.numberopening": READ,
        "evaluations.accountopening": READ,
        "core.exportlog": READ,
        "accounts.user": READ,
        "accounts.posting": READ,
        "accounts.factorreset": READ,
        "accounts.accountreviewline": READ,
        "accounts.signinentry": READ,
    },
}


def set_role_permissions() -> None:
    """Write the table into the groups; permissions that Django has not made yet are made too."""
    types = {(row.app_label, row.model): row for row in ContentType.objects.all()}
    permissions = {(row.content_type_id, row.codename): row for row in Permission.objects.all()}
    for role, models in ROLE_PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=str(role))
        wanted = []
        for label, actions in models.items():
            model = apps.get_model(label)
            model_name = model._meta.model_name
            content_type = types.get((model._meta.app_label, model_name))
            if content_type is None:
                content_type = ContentType.objects.get_for_model(model)
                types[model._meta.app_label, model_name] = content_type
            own = dict(model._meta.permissions)
            for action in actions.split():
                codename = action if action in own else f"{action}_{model_name}"
                name = own.get(action) or f"Can {action} {model._meta.verbose_name_raw}"
                permission = permissions.get((content_type.pk, codename))
                if permission is None:
                    permission = Permission.objects.create(
                        content_type=content_type, codename=codename, name=name
                    )
                    permissions[content_type.pk, codename] = permission
                wanted.append(permission)
        group.permissions.set(wanted)
