"""Keys for matching of the compounds and other names that are there, in parts of 2,000."""

from django.db import migrations

from redprop.common.history import sleeping_history
from redprop.common.matching import match_key
from redprop.common.text import name_key

PART = 2_000


def fill(apps, schema_editor):
    compounds = apps.get_model("communities", "Compound")
    names = apps.get_model("communities", "CompoundAlias")
    last = 0
    while part := list(compounds.objects.filter(pk__gt=last).order_by("pk")[:PART]):
        last = part[-1].pk
        known = []
        for compound in part:
            compound.match_key = match_key(compound.name)
            keyed = {name_key(name): name for name in compound.aliases if name_key(name)}
            keyed.pop(compound.normalised_name, None)
            known += [
                names(
                    district_id=compound.district_id,
                    compound_id=compound.pk,
                    name=name,
                    key=key,
                    match_key=match_key(name),
                    source="register",
                    noted_on=compound.registered_from,
                    recorded_by=compound.recorded_by,
                )
                for key, name in keyed.items()
            ]
        compounds.objects.bulk_update(part, ["match_key"])
        names.objects.bulk_create(known, ignore_conflicts=True)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("communities", "0003_matching")]
    operations = [
        *sleeping_history("communities_compound"),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
