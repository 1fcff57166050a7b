"""What each role is there for, in plain words, and what its rights come to. The table of rights is in `permissions`."""

from dataclasses import dataclass

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from redprop.accounts.permissions import ROLE_PERMISSIONS
from redprop.accounts.roles import Role

DUTIES: dict[str, object] = {
    Role.REGISTRAR: _(
        "Keeps the registers of the district: areas, compounds, enterprises, contracts, posts and people. Imports and exports them. Sees whole ID numbers only by naming a purpose."
    ),
    Role.EVALUATOR: _(
        "Keeps rubrics, inspections, surveys, deductions and vetoes, and closes a period. Decides no objection about what he entered himself."
    ),
    Role.INSPECTOR: _("Inspects compounds on site and enters the marks. Sees results, changes none of them."),
    Role.REVIEWER: _("Reviews batches of money a second time. Reads facts and money, enters none."),
    Role.OBJECTION_DECIDER: _("Decides objections in time. Was no scorer of what he decides."),
    Role.PUBLISHER: _(
        "Puts lists and batches under notice and publishes them. Changes no score and no amount."
    ),
    Role.FINANCE_MAKER: _(
        "Keeps rules and funds, prepares batches and exports payment files. Approves none of them."
    ),
    Role.FINANCE_CHECKER: _(
        "Checks what the finance maker prepared, and confirms accounts. Prepares nothing himself."
    ),
    Role.APPROVER: _("Approves batches within the ceiling of the fund. Neither prepares nor reviews them."),
    Role.ORGANISATION: _(
        "Keeps party organisations, party posts, talent and stages of membership. Stages are seen by this role alone."
    ),
    Role.SUBDISTRICT_CLERK: _(
        "Reviews filings and claims of his own subdistrict first, chases what is overdue, and confirms the accounts of its secretaries every quarter."
    ),
    Role.COMMUNITY_SECRETARY: _(
        "Files the minutes of his own community, confirms commitments, keeps its two ledgers. Sees no other community."
    ),
    Role.ENTERPRISE_CONTACT: _(
        "Answers commitments, reads the scores and objects for his own enterprise. Sees no other enterprise's work."
    ),
    Role.SYSTEM_ADMINISTRATOR: _(
        "Creates accounts, gives first passwords, keeps gateways and interfaces. Gives no role and sees no register."
    ),
    Role.SECURITY_ADMINISTRATOR: _(
        "Gives and ends roles, names stand-ins, grants resets of the second factor, reviews accounts every quarter. Creates no account and sees no register."
    ),
    Role.AUDIT_ADMINISTRATOR: _(
        "Reads the audit trail, the sign-in log and who may do what. Changes nothing."
    ),
}

ACTS: dict[str, object] = {
    "open_id_number": _("open whole ID numbers"),
    "open_payeeaccount": _("open whole account numbers"),
    "decide_hireevidence": _("accept evidence of hiring"),
    "prepare_subsidybatch": _("prepare batches"),
    "review_subsidybatch": _("review batches"),
    "notice_subsidybatch": _("put batches under notice"),
    "approve_subsidybatch": _("approve batches"),
    "export_subsidybatch": _("export batches"),
}
"""Rights beyond reading and keeping."""


@dataclass(frozen=True)
class Rights:
    """A role's rights, by the names of the registers."""

    role: str
    label: str
    duty: str
    keeps: list[str]
    acts: list[str]
    reads: list[str]


def rights_of(role: str) -> Rights:
    """Put the role's line of the table into words: what it keeps, which further acts it has, what it reads."""
    keeps, acts, reads = [], [], []
    for label, actions in ROLE_PERMISSIONS[role].items():
        model = apps.get_model(label)
        name = str(model._meta.verbose_name)
        own = dict(model._meta.permissions)
        given = actions.split()
        acts += [str(ACTS.get(action, own[action])) for action in given if action in own]
        (keeps if {"add", "change", "delete"} & set(given) else reads).append(name)
    return Rights(role, str(Role(role).label), str(DUTIES[role]), keeps, acts, reads)
