"""Which tables hold personal data, of whom, what for, on what ground, and when they go: one rule a table.

The nightly task applies the rules that it can; the record of processing is written from them. A test looks at every
model of the portal and fails when one with personal fields has no rule here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

SETTINGS = ("SIGN_IN_LOG_DAYS", "AUDIT_MONTHS", "IMPORT_UPLOAD_DAYS", "IMPORT_UNDO_DAYS_PEOPLE")
"""What a rule's `when` may name."""


class Whom(TextChoices):
    """Groups of persons."""

    STAFF = (
        "staff",
        _("holders of accounts: staff of the district, subdistricts, communities and enterprises"),
    )
    OFFICE = "office", _("holders of posts and employees of property enterprises")
    RESIDENT = "resident", _("residents who turn to the portal")
    REPRESENTATIVE = "representative", _("neighbours' representatives and grid workers")
    PAYEE = "payee", _("persons who receive a subsidy")


class Act(TextChoices):
    """What happens at the end."""

    DELETE = "delete", _("row deleted")
    BLANK = "blank", _("personal fields emptied")
    OWN = "own", _("by a task of its own")
    KEEP = "keep", _("kept with the record it belongs to")


DUTY = _("duty by law")


@dataclass(frozen=True)
class Rule:
    """The rule of one table. `months` are counted from the field `since`; `blank` says what stands in a field then.

    `when` may name settings (`%(AUDIT_MONTHS)s`); `title` and `listed` stand in for names that a package gives in English.
    """

    label: str
    fields: tuple[str, ...]
    whom: Whom
    purpose: Any
    act: Act = Act.KEEP
    months: int = 0
    since: str = ""
    when: Any = ""
    blank: dict[str, Any] = field(default_factory=dict)
    sensitive: bool = False
    ground: Any = DUTY
    title: Any = ""
    listed: Any = ""

    @property
    def when_in_words(self) -> str:
        """When it goes, with the values of the settings that it names."""
        when = str(self.when)
        return when % {name: getattr(settings, name) for name in SETTINGS} if "%(" in when else when

    @property
    def kept_months(self) -> int:
        """The months, as RETENTION_MONTHS of the environment says, else as here."""
        return int(settings.RETENTION_MONTHS.get(self.label, self.months))


_ACCOUNTING = _("as long as vouchers: thirty years (rules on accounting records, 2015)")
_HISTORY = _("with the list, order or decision that it documents")
_CONTRACT = _("agreement of the person")

RULES: list[Rule] = [
    # accounts
    Rule(
        "accounts.User", ("username", "full_name", "work_phone", "email", "last_login"), Whom.STAFF,
        _("signing in, naming who acted"), Act.BLANK, 36, when=_("the account is closed and its last posting over"),
        blank={"work_phone": "", "email": ""},
    ),
    Rule("accounts.Posting", ("user", "role", "stands_in_for"), Whom.STAFF, _("rights by role and area"), when=_HISTORY),
    Rule("accounts.User_groups", ("user",), Whom.STAFF, _("rights"), when=_("with the account"), title=_("roles of an account"), listed=_("user")),
    Rule("accounts.User_user_permissions", ("user",), Whom.STAFF, _("rights"), when=_("with the account"), title=_("single rights of an account"), listed=_("user")),
    Rule("accounts.SecondFactor", ("user", "name", "sealed_key"), Whom.STAFF, _("second factor"), Act.OWN, when=_("when it is switched off"), sensitive=True),
    Rule("accounts.SignInSession", ("user", "device", "address"), Whom.STAFF, _("signed-in devices"), Act.OWN, when=_("after eight hours or on signing out")),
    Rule("accounts.SignInEntry", ("user", "username", "address", "device"), Whom.STAFF, _("security log by law"), Act.OWN, when=_("after %(SIGN_IN_LOG_DAYS)s days, six months at least")),
    Rule("accounts.AuditLine", ("username", "actor", "address", "facts"), Whom.STAFF, _("security log by law"), Act.OWN, when=_("by whole months after %(AUDIT_MONTHS)s, six at least")),
    Rule("axes.AccessAttempt", ("username", "ip_address", "user_agent"), Whom.STAFF, _("guarding against guessing"), Act.OWN, when=_("after a day"), title=_("counter of wrong passwords"), listed=_("user name, network address, browser")),
    Rule("axes.AccessLog", ("username", "ip_address", "user_agent"), Whom.STAFF, _("security log by law"), Act.OWN, when=_("after %(SIGN_IN_LOG_DAYS)s days, six months at least"), title=_("sign-ins of before the sign-in log"), listed=_("user name, network address, browser")),
    Rule("axes.AccessFailureLog", ("username", "ip_address", "user_agent"), Whom.STAFF, _("security log by law"), Act.OWN, when=_("after %(SIGN_IN_LOG_DAYS)s days, six months at least"), title=_("failed sign-ins of before the sign-in log"), listed=_("user name, network address, browser")),
    Rule("core.NoticeSettings", ("email",), Whom.STAFF, _("sending notices"), when=_("with the account")),
    Rule("core.Notification", ("user",), Whom.STAFF, _("notices at the desk"), Act.DELETE, 12, "recorded_at"),
    Rule("core.Delivery", ("user",), Whom.STAFF, _("sending notices"), Act.DELETE, 12, "recorded_at"),
    Rule("core.ExportFile", ("user",), Whom.STAFF, _("files to be fetched"), Act.OWN, when=_("when the file expires")),
    Rule("core.ImportRow", ("changes",), Whom.OFFICE, _("preview of an import"), Act.OWN, when=_("after %(IMPORT_UPLOAD_DAYS)s or %(IMPORT_UNDO_DAYS_PEOPLE)s days")),
    Rule("core.ImportWrite", ("changed", "removed"), Whom.OFFICE, _("undoing an import"), Act.OWN, when=_("after %(IMPORT_UNDO_DAYS_PEOPLE)s days"), sensitive=True),
    # office-holders and employees
    Rule(
        "core.Person", ("name", "work_phone", "id_number_cipher", "id_number_hash"), Whom.OFFICE,
        _("who holds which post, who is hired under the programme"), Act.BLANK, 60,
        when=_("nothing of the person is in force any more"), sensitive=True,
        blank={"work_phone": "", "id_number_cipher": "", "id_number_hash": ""},
    ),
    Rule("core.DistinctPersons", ("first", "second"), Whom.OFFICE, _("namesakes told apart"), when=_("with the persons")),
    Rule("core.NumberOpening", ("person", "user", "purpose"), Whom.OFFICE, _("log of opened numbers"), when=_HISTORY),
    # representatives
    Rule("communities.NeighbourRepresentative", ("name",), Whom.REPRESENTATIVE, _("councils: quorum and votes"), Act.BLANK, 36, "valid_to", blank={"name": "—"}),
    Rule("communities.GridWorker", ("name",), Whom.REPRESENTATIVE, _("who is on duty in a grid cell"), Act.BLANK, 36, "valid_to", blank={"name": "—"}),
    Rule("communities.CouncilTopic", ("proposer",), Whom.REPRESENTATIVE, _("who put a topic forward"), when=_HISTORY),
    Rule("communities.CouncilMeeting", ("chair", "recorder"), Whom.REPRESENTATIVE, _("minutes"), when=_HISTORY),
    Rule("communities.JointMeeting", ("chair", "recorder"), Whom.STAFF, _("minutes"), when=_HISTORY),
    Rule("communities.HomeVisit", ("visitor",), Whom.STAFF, _("who made a visit"), when=_HISTORY),
    # residents
    Rule("communities.RequestContact", ("sealed",), Whom.RESIDENT, _("calling the resident back"), Act.OWN, when=_("some weeks after the request is closed"), sensitive=True, ground=_CONTRACT),
    Rule("communities.HouseholdHelp", ("sign_cipher",), Whom.RESIDENT, _("help for households in need"), Act.OWN, when=_("on its day of erasure, a year after consent at most"), sensitive=True, ground=_CONTRACT),
    Rule("communities.ProxyHandling", ("sign_cipher",), Whom.RESIDENT, _("handling for a resident"), Act.OWN, when=_("on its day of erasure"), sensitive=True, ground=_CONTRACT),
    Rule("communities.ProxyStep", ("text_cipher",), Whom.RESIDENT, _("handling for a resident"), Act.OWN, when=_("on its day of erasure"), sensitive=True, ground=_CONTRACT),
    Rule("communities.InterfaceCall", ("answer",), Whom.RESIDENT, _("answering a platform's repeated call"), Act.OWN, when=_("after a few days")),
    Rule("evaluations.SurveyHousehold", ("place", "token_hash"), Whom.RESIDENT, _("one answer a household"), Act.OWN, when=_("thirty days after the round")),
    Rule("evaluations.SurveyAnswer", ("token_digest", "entered_by"), Whom.RESIDENT, _("satisfaction, without a name"), when=_HISTORY),
    # money
    Rule("evaluations.PayeeAccount", ("holder", "bank", "number_cipher", "number_hash"), Whom.PAYEE, _("paying subsidies"), when=_ACCOUNTING, sensitive=True),
    Rule("evaluations.PaymentLine", ("payee_name", "subject_name", "account_holder", "account_cipher"), Whom.PAYEE, _("paying subsidies"), when=_ACCOUNTING, sensitive=True),
    Rule("evaluations.BankOrder", ("payee_name", "person"), Whom.PAYEE, _("paying subsidies"), when=_ACCOUNTING),
    Rule("evaluations.Entitlement", ("person",), Whom.PAYEE, _("computing subsidies"), when=_ACCOUNTING),
    Rule("evaluations.AccountOpening", ("user", "purpose"), Whom.PAYEE, _("log of opened numbers"), when=_HISTORY),
    # published
    Rule("evaluations.ReleaseEntry", ("manager_name",), Whom.OFFICE, _("public list, only where the district has the legal basis on record"), Act.OWN, when=_("when the law ends the display")),
    Rule("evaluations.CreditEvent", ("person",), Whom.OFFICE, _("credit of project managers"), when=_("while it counts; then with the archive")),
    Rule("evaluations.CreditReport", ("person", "content"), Whom.OFFICE, _("credit of project managers"), when=_HISTORY),
]  # fmt: skip

POSTS = (
    "enterprises.Post enterprises.PartyPost enterprises.CrossAppointment enterprises.Graduate enterprises.InPostMonth "
    "enterprises.HireEvidence enterprises.AdviserVisit enterprises.CommunitySecretary enterprises.TrainingAttendance "
    "enterprises.SecretaryRating enterprises.SecretaryAward enterprises.CampusOffer enterprises.GrowthStep "
    "enterprises.Mentorship enterprises.ApartmentApplication enterprises.ApartmentLease"
)
"""Tables of the party and talent work that say something about a person."""

RULES += [
    Rule(
        label, ("person",), Whom.OFFICE, _("party building, posts and talent of the programme"), when=_HISTORY
    )
    for label in POSTS.split()
]
RULES.append(
    Rule(
        "enterprises.PartyStage", ("person", "stage"), Whom.OFFICE, _("development of party members"), sensitive=True,
        when=_("where PARTY_DEVELOPMENT is on; read by the organisation department alone"),
    )
)  # fmt: skip

ACTS = (
    "accounts.AccountReviewLine accounts.FactorReset core.ScheduledReport core.ScheduledReport_recipients core.ExportLog "
    "core.SavedFilter enterprises.EnterpriseContact communities.Exclusion communities.FactProposal evaluations.OwnSubdistrict "
    "evaluations.InspectionPlan evaluations.InspectionTask evaluations.EvaluationPeriod evaluations.Inspection "
    "evaluations.ClosingRun evaluations.ListEntry evaluations.Release evaluations.Objection evaluations.FollowUp "
    "evaluations.Rectification evaluations.Veto evaluations.Deduction evaluations.FlagRound evaluations.FlagCandidate "
    "evaluations.RotatingFlag evaluations.FlagWithdrawal evaluations.HandMark evaluations.PeriodReport "
    "evaluations.FundTransfer evaluations.SubsidyBatch evaluations.SubsidySlice evaluations.SubsidyStep "
    "evaluations.SubsidyExport evaluations.SubsidyApproval evaluations.SampledLine evaluations.SurveyRound "
    "evaluations.SurveyPrint evaluations.ClawbackReceipt admin.LogEntry"
)
"""Tables whose only personal data is the account that acted in office."""

RULES += [
    Rule(label, (), Whom.STAFF, _("who acted in office, and for the rule of two persons"), when=_HISTORY)
    for label in ACTS.split()
]

ENDED: dict[str, Callable[..., Any]] = {}
"""Tables whose time does not count from one field: label → function(day) → rows, filled by `people_retention`."""


def rule_of(label: str) -> Rule | None:
    """The rule of a table."""
    return next((rule for rule in RULES if rule.label == label), None)
