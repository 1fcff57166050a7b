"""What tells that the public pages are no longer what was rendered: the newest row and the newest former version of every table they show."""

import hashlib

from django.apps import apps
from django.db import connection
from django.db.models import Max

from redprop.areas.models import District

SHOWN = (
    "areas.Community",
    "areas.CommunityVersion",
    "areas.District",
    "areas.Subdistrict",
    "accounts.Posting",
    "communities.Commitment",
    "communities.CommitmentStep",
    "communities.Compound",
    "communities.CompoundAlias",
    "communities.CompoundClass",
    "communities.CompoundKind",
    "communities.CompoundPlacement",
    "communities.CouncilFollowUp",
    "communities.CouncilResolution",
    "communities.JointMeeting",
    "communities.ResidentRequest",
    "communities.ServiceAssignment",
    "communities.ServiceContract",
    "enterprises.CommunitySecretary",
    "enterprises.Enterprise",
    "enterprises.Post",
    "enterprises.ServiceProject",
    "evaluations.CityRating",
    "evaluations.CreditEvent",
    "evaluations.CreditEventEnd",
    "evaluations.EntryReply",
    "evaluations.FlagEnd",
    "evaluations.FlagRule",
    "evaluations.InspectionItem",
    "evaluations.InspectionItemSet",
    "evaluations.ListEntry",
    "evaluations.PaymentLine",
    "evaluations.Release",
    "evaluations.RotatingFlag",
    "evaluations.SubsidyBatch",
)
"""Every table from which a page takes a word. Updates and deletes leave a former version behind (`common.history`)."""

PERSONS = """
SELECT md5(string_agg(name || ' ' || work_phone, '|' ORDER BY id)) FROM core_person WHERE id IN (
    SELECT person_id FROM enterprises_communitysecretary
    UNION SELECT person_id FROM enterprises_post WHERE kind = 'project_manager'
) AND district_id = %s
"""
"""Names and work telephones of those whom the cards may name: history keeps no former telephone."""


def digest_of(district: District) -> str:
    """Return what changes with every row that the pages show (one short query a table; none reads more than an index's end)."""
    parts = [district.code]
    for label in SHOWN:
        model = apps.get_model(label)
        parts.append(str(model.objects.order_by().aggregate(last=Max("pk"))["last"] or 0))
        try:
            past = apps.get_model(f"{label}Event")
        except LookupError:
            continue
        parts.append(str(past._default_manager.order_by().aggregate(last=Max("pk"))["last"] or 0))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT work_phone, full_name FROM accounts_user WHERE district_id = %s ORDER BY id",
            [district.pk],
        )
        parts.append(repr(cursor.fetchall()))
        cursor.execute(PERSONS, [district.pk])
        parts.append(repr(cursor.fetchone()))
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
