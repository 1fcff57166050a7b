"""Users, postings and roles: the pages of the system and the security administrator."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.accounts.services.postings import appoint_stand_in, check_posting, end_posting, give_posting
from redprop.accounts.services.provider import release_identity
from redprop.accounts.services.reviews import unused
from redprop.areas.models import Community, District, Subdistrict
from redprop.common.errors import Refused
from redprop.core.admin.base import (
    ReadOnly,
    RegisterAdmin,
    RegisterForm,
    RegisterInline,
    districts_of,
    today_of,
)
from redprop.core.admin.filters import DayFilter, InForce, choice_filter
from redprop.core.admin.who_can_what import WhoCanWhat


class GivenPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]
    """A password given by an administrator: its owner chooses another at the next sign-in."""

    def save(self, commit: bool = True) -> Any:
        self.user.must_change_password = True
        return super().save(commit)


class NewUserForm(UserCreationForm):  # type: ignore[misc]
    """A new account with a first password, which its owner changes at the first sign-in."""

    def save(self, commit: bool = True) -> Any:
        self.instance.must_change_password = True
        return super().save(commit)


class PostingInline(ReadOnly, RegisterInline):
    """A user's postings, to read; they are set by the security administrator."""

    model = Posting
    fk_name = "user"
    fields = [
        "role",
        "district",
        "subdistrict",
        "community",
        "valid_from",
        "valid_to",
        "stands_in_for",
        "reason",
        "recorded_by",
    ]
    readonly_fields = ["recorded_by"]


class Unused(DayFilter):
    """Accounts that nobody has signed in with for long; real time, whatever a demo's clock says."""

    title = _("use")
    parameter_name = "use"
    conditions = [
        ("unused", _("unused for long"), lambda rows, _day: rows.filter(unused(timezone.localdate())))
    ]


@admin.register(User)
class UserAdmin(RegisterAdmin, DjangoUserAdmin):
    """Accounts. Rights come from postings alone: no box here gives any."""

    has_district = True
    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = GivenPasswordForm
    list_display = ["username", "full_name", "is_active", "is_staff", "has_second_factor", "last_login"]
    list_filter = ["is_active", "is_staff", "has_second_factor", Unused]
    search_fields = ["username", "full_name"]
    ordering = ["username"]
    filter_horizontal = ()
    inlines = [PostingInline]
    readonly_fields = ["last_login", "date_joined", "has_second_factor", "password_changed_at"]
    fieldsets = [
        (None, {"fields": ["username", "password", "full_name", "work_phone", "email"]}),
        (
            _("Access"),
            {
                "fields": [
                    "is_active",
                    "is_staff",
                    "has_second_factor",
                    "password_changed_at",
                    "last_login",
                    "date_joined",
                ]
            },
        ),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "full_name", "work_phone", "is_staff", "password1", "password2"]})
    ]

    actions: Any = ["release_identities"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)
        if not (settings.OIDC_ISSUER and self.has_change_permission(request)):
            found.pop("release_identities", None)
        return found

    @admin.action(description=_("Release from the identity provider: the next sign-in there binds anew"))
    def release_identities(self, request: HttpRequest, queryset: Any) -> None:
        """After a change of provider, or when a user name went to somebody else."""
        for user in queryset:
            release_identity(user=user, acting_user=request.user)  # type: ignore[arg-type]
        messages.success(request, gettext("%(count)s accounts were released.") % {"count": len(queryset)})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name != "password"]})
            for title, options in self.fieldsets
        ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return DjangoUserAdmin.get_form(self, request, obj, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        if not self.has_change_permission(request):
            raise PermissionDenied
        self._must_reach(request, id)
        return super().user_change_password(request, id, form_url)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change and obj.district_id is None:
            obj.district = next(iter(districts_of(request)), None)
        obj.save()


class PostingForm(RegisterForm):
    """A new posting says why, and is nobody's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:
            self.fields["reason"].required = True

    def check_row(self, row: Posting) -> None:
        if row._state.adding:
            check_posting(posting=row, acting_user=self.request.user)  # type: ignore[arg-type]


@admin.register(Posting)
class PostingAdmin(WhoCanWhat, RegisterAdmin):
    """Who holds which role, where, when and why: set by the security administrator."""

    form = PostingForm
    list_display = [
        "user",
        "role",
        "area",
        "valid_from",
        "valid_to",
        "stands_in_for",
        "reason",
        "recorded_by",
    ]
    list_select_related = ["user", "district", "subdistrict", "community", "stands_in_for"]
    list_filter = [choice_filter("role", _("role"), Role.choices), InForce]
    search_fields = ["user__username", "user__full_name", "reason"]
    fields = ["district", "user", "role", "subdistrict", "community", "valid_from", "valid_to", "reason"]
    autocomplete_fields = ["user"]
    list_before_template = "admin/core/posting_links.html"
    change_form_outer_before_template = "admin/core/stand_in.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        found = list(super().get_fields(request, obj))
        return [*found, "stands_in_for", "recorded_by", "recorded_at"] if obj else found

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            end_posting(posting=obj, valid_to=obj.valid_to, acting_user=request.user)  # type: ignore[arg-type]
        else:
            give_posting(posting=obj, acting_user=request.user)  # type: ignore[arg-type]

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.stand_in)
        return [path("<int:pk>/stand-in/", view, name="accounts_posting_stand_in"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        posting = self.get_object(request, object_id)
        if posting is not None:
            free = posting.role != Role.ENTERPRISE_CONTACT and not posting.stands_in_for_id
            over = posting.valid_to is not None and posting.valid_to < today_of(request)
            extra_context = {
                **(extra_context or {}),
                "posting": posting,
                "may_stand_in": free and not over and self.has_change_permission(request, posting),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def stand_in(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Name who stands in, from a day to a day."""
        if request.method != "POST" or not self.has_add_permission(request):
            raise PermissionDenied
        posting = self.get_queryset(request).filter(pk=pk).first()
        if posting is None:
            raise Http404
        back = reverse("admin:accounts_posting_change", args=[pk])
        user = (
            User.objects.for_user(request.user).filter(username=request.POST.get("user", "").strip()).first()
        )
        days = [parse_date(request.POST.get(name, "")) for name in ("valid_from", "valid_to")]
        try:
            if user is None:
                raise Refused(
                    _("There is no such account in your district. Check the user name."), code="no-user"
                )
            if None in days:
                raise Refused(_("Enter the first and the last day."), code="days")
            made = appoint_stand_in(
                posting=posting,
                user=user,
                valid_from=days[0],
                valid_to=days[1],
                reason=request.POST.get("reason", ""),
                acting_user=request.user,  # type: ignore[arg-type]
            )
        except (Refused, ValidationError) as refused:
            messages.error(request, " ".join(getattr(refused, "messages", [str(refused)])))
            return HttpResponseRedirect(back)
        messages.success(
            request,
            gettext("%(user)s stands in until %(day)s.") % {"user": made.user, "day": made.valid_to},
        )
        return HttpResponseRedirect(reverse("admin:accounts_posting_change", args=[made.pk]))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the areas of the districts that the administrator keeps; their registers stay closed."""
        ids = [district.pk for district in districts_of(request)]
        if db_field.name == "district":
            kwargs["queryset"] = District.objects.filter(pk__in=ids)
        elif db_field.name == "subdistrict":
            kwargs["queryset"] = Subdistrict.objects.filter(district__in=ids)
        elif db_field.name == "community":
            kwargs["queryset"] = Community.objects.filter(district__in=ids, closed_on=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("area"))
    def area(self, posting: Posting) -> str:
        return str(posting.area)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        kept = ["user", "role", "subdistrict", "community", "valid_from", "reason"]
        return [*kept, "stands_in_for", "recorded_by", "recorded_at"] if obj else []

    def check_register(self, row: Posting) -> None:
        for area in (row.subdistrict, row.community):
            if area is not None and area.district_id != row.district_id:
                raise Refused(_("The area belongs to another district."), code="other-district")


admin.site.unregister(Group)  # importing Django's UserAdmin has registered it


@admin.register(Group)
class RoleAdmin(ReadOnly, RegisterAdmin):
    """The roles and what they may do, to read. They are set by the programme itself."""

    has_district = False
    list_display = ["label", "rights"]
    list_display_links = ["label"]
    fields = ["label", "rights_in_full"]
    readonly_fields = ["label", "rights_in_full"]
    list_before_template = "admin/core/list_exports.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return Group.objects.prefetch_related("permissions__content_type")

    @admin.display(description=_("role"))
    def label(self, group: Group) -> str:
        return str(Role(group.name).label) if group.name in Role.values else group.name

    @admin.display(description=_("number of rights"))
    def rights(self, group: Group) -> int:
        return len(group.permissions.all())

    @admin.display(description=_("rights"))
    def rights_in_full(self, group: Group) -> str:
        verbs = {"view": _("view"), "add": _("add"), "change": _("change"), "open": _("open ID numbers")}
        found: dict[str, list[str]] = {}
        for permission in group.permissions.all():
            model = permission.content_type.model_class()
            name = str(model._meta.verbose_name) if model else permission.content_type.model
            verb = permission.codename.partition("_")[0]
            found.setdefault(name, []).append(str(verbs.get(verb, verb)))
        return format_html_join(
            "", "<div>{}：{}</div>", ((name, "、".join(actions)) for name, actions in sorted(found.items()))
        )
