"""What each role may do, as the migrations write it into the groups."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from redprop.accounts.models import User
from redprop.accounts.permissions import ROLE_PERMISSIONS
from redprop.accounts.roles import Role

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_every_role_has_a_group_and_a_line_in_the_table():
    assert set(ROLE_PERMISSIONS) == set(Role.values)
    assert {group.name for group in Group.objects.all()} == set(Role.values)


def test_every_model_of_the_table_exists():
    for models in ROLE_PERMISSIONS.values():
        for label in models:
            assert apps.get_model(label)


def test_groups_hold_exactly_what_the_table_says():
    for role, models in ROLE_PERMISSIONS.items():
        wanted = set()
        for label, actions in models.items():
            model = apps.get_model(label)
            own = dict(model._meta.permissions)
            wanted |= {
                (label, action if action in own else f"{action}_{model._meta.model_name}")
                for action in actions.split()
            }
        held = {
            (f"{p.content_type.app_label}.{p.content_type.model}", p.codename)
            for p in Group.objects.get(name=role).permissions.select_related("content_type")
        }
        assert held == wanted, role


def test_nobody_may_delete_anything_but_a_kept_mapping_and_lines_of_a_draft():
    """Questions of a round and requirements of a rule are lines of a draft: triggers keep them once it is in force."""
    held = Group.objects.values_list("permissions__codename", flat=True)
    assert {name for name in held if name and name.startswith("delete_")} == {
        "delete_mappingprofile",
        "delete_surveyquestion",
        "delete_subsidyrequirement",
    }


def test_rights_follow_the_posting_and_end_with_it(cast):
    assert fresh(cast.registrar).has_perm("communities.change_compound")
    posting = cast.registrar.postings.get()
    posting.valid_to = posting.valid_from
    posting.save()
    assert not fresh(cast.registrar).has_perm("communities.view_compound")


def test_the_three_administrators_keep_apart(cast):
    system, security, audit = (
        fresh(cast.by_role[f"{name}_administrator"]) for name in ("system", "security", "audit")
    )
    assert system.has_perm("accounts.add_user")
    assert not system.has_perm("accounts.add_posting")
    assert security.has_perm("accounts.add_posting")
    assert not security.has_perm("accounts.add_user")
    assert audit.has_perm("accounts.view_auditline")
    assert not audit.has_perm("accounts.change_user")
    for administrator in (system, security, audit):
        assert not administrator.has_perm("communities.view_compound")


def test_only_the_organisation_department_sees_stages_of_membership(cast):
    seeing = {
        role for role, user in cast.by_role.items() if fresh(user).has_perm("enterprises.view_partystage")
    }
    assert seeing == {Role.ORGANISATION}
