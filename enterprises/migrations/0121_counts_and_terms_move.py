"""What stood on the organisation becomes its first count and its first term."""

from django.db import migrations
from django.db.models import F, Q

BATCH = 2000


def move(apps, schema_editor):
    """One count and one term for each organisation that has any."""
    organisation = apps.get_model("enterprises", "PartyOrganisation")
    count, term = apps.get_model("enterprises", "PartyCount"), apps.get_model("enterprises", "PartyTerm")
    counted = organisation.objects.exclude(full_members=0, probationary_members=0, activists=0)
    rows = (
        count(
            organisation_id=one.pk,
            valid_from=one.founded_on,
            full_members=one.full_members,
            probationary_members=one.probationary_members,
            activists=one.activists,
            recorded_at=one.recorded_at,
            recorded_by=one.recorded_by,
        )
        for one in counted.iterator(chunk_size=BATCH)
    )
    count.objects.bulk_create(rows, batch_size=BATCH)
    with_term = organisation.objects.filter(Q(term_ends_on__gt=F("founded_on")))
    rows = (
        term(
            organisation_id=one.pk,
            valid_from=one.founded_on,
            ends_on=one.term_ends_on,
            approval="",
            recorded_at=one.recorded_at,
            recorded_by=one.recorded_by,
        )
        for one in with_term.iterator(chunk_size=BATCH)
    )
    term.objects.bulk_create(rows, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("enterprises", "0120_party_work")]
    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
