from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.forms.widgets import CheckboxSelectMultiple
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core import stepup
from apps.core.admin import (
    Pages,
    Row,
    ServiceAdmin,
    ServiceFormSet,
    ServiceInline,
    may,
    with_disabled,
)
from apps.core.db.transactions import transaction
from apps.core.permissions import Permission
from apps.rbac import built_in, selectors, services
from apps.rbac.models import Role
from apps.rbac.selectors import Named
from apps.users.admin import UserAdmin
from apps.users.models import User


class PermissionGrid(CheckboxSelectMultiple):
    """A row of boxes for each resource."""

    def render(
        self,
        name: str,
        value: object,
        attrs: dict[str, object] | None = None,
        renderer: object = None,  # noqa: ARG002
    ) -> SafeString:
        return render_to_string("admin/rbac/permissions.html", self.get_context(name, value, attrs))


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    description = forms.CharField(
        label=_("Description"),
        max_length=256,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )
    allowed = forms.MultipleChoiceField(
        label=_("Permissions"), required=False, widget=PermissionGrid()
    )

    class Meta:
        model = Role
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held: list[str] = []
        if not self.instance._state.adding:  # noqa: SLF001
            role = selectors.role_get(name=self.instance.name)
            held = [str(each) for each in role.permissions]
            self.initial.update(description=role.description, allowed=held)
            self.fields["name"].disabled = True
            self.fields["allowed"].disabled = role.name == built_in.ADMIN
        self.fields["allowed"].choices = _choices(held)  # type: ignore[attr-defined]

    @property
    def permissions(self) -> list[Named]:
        return [Named.parse(name) for name in self.cleaned_data["allowed"]]


def _choices(held: Iterable[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the server checks, all of a resource at once, and what the role has besides."""
    every = {Named.parse(name) for name in (*Permission, *held)}
    every |= {Named(each.resource, "*") for each in every}
    rows: dict[str, list[tuple[str, str]]] = {}
    for each in sorted(every):
        label = str(_("everything")) if each.action == "*" else each.action
        rows.setdefault(each.resource, []).append((str(each), label))
    return list(rows.items())


@admin.register(Role)
class RoleAdmin(ServiceAdmin):
    form = RoleForm
    fields = ("name", "description", "allowed")
    list_display = ("name", "description", "users", "is_built_in")
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        roles = super().get_queryset(request).filter(info__isnull=False).select_related("info")
        counted: QuerySet[Role] = roles.annotate(user_count=Count("user"))
        return counted

    @admin.display(description=_("Description"))
    def description(self, role: Role) -> str:
        return role.info.description

    @admin.display(description=_("Users"))
    def users(self, role: Any) -> int:  # noqa: ANN401  (with the count of `get_queryset`)
        if role.name == built_in.ADMIN:
            return User.objects.filter(is_superuser=True).count()
        return int(role.user_count)

    @admin.display(description=_("built in"), boolean=True)
    def is_built_in(self, role: Role) -> bool:
        return role.info.is_built_in

    def save_model(
        self,
        request: HttpRequest,
        obj: Role,
        form: RoleForm,
        change: bool,  # noqa: FBT001
    ) -> None:
        stepup.require(request)
        actor, description = _user(request), form.cleaned_data["description"]
        if not change:
            created = services.role_create(
                actor=actor, name=obj.name, description=description, permissions=form.permissions
            )
            obj.pk = created.pk
            return
        with transaction():
            services.role_describe(actor=actor, name=obj.name, description=description)
            if "allowed" in form.changed_data:
                services.role_set_permissions(
                    actor=actor, name=obj.name, permissions=form.permissions
                )

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        is_built_in = obj is not None and obj.info.is_built_in
        return not is_built_in and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        stepup.require(request)
        services.role_delete(actor=_user(request), name=obj.name)

    @transaction()
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Role]) -> None:
        for role in queryset:
            self.delete_model(request, role)


class MembershipFormSet(ServiceFormSet):
    def save_new(self, form: Any, commit: bool = True) -> Any:  # noqa: ANN401, ARG002, FBT001, FBT002
        name = form.cleaned_data["group"].name
        services.role_assign(actor=self.actor, user=self.instance, name=name)
        return form.instance

    def delete_existing(self, obj: Any, commit: bool = True) -> None:  # noqa: ANN401, ARG002, FBT001, FBT002
        services.role_remove(actor=self.actor, user=self.instance, name=obj.group.name)


class MembershipInline(ServiceInline):
    """A user's roles; whether it is an administrator is a field of the account."""

    model = User.groups.through
    formset = MembershipFormSet
    verbose_name = _("role")
    verbose_name_plural = _("Roles")

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401  (a model without a name)
        rows = super().get_queryset(request).select_related("group")
        return rows.exclude(group__name=built_in.ADMIN).order_by("group__name")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        if db_field.name == "group":
            roles = Group.objects.filter(info__isnull=False).exclude(name=built_in.ADMIN)
            kwargs |= {"queryset": roles.order_by("name"), "label": _("Role")}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


admin.site.unregister(User)


@admin.register(User)
class UserWithRolesAdmin(UserAdmin):
    """The accounts, for moderators too: they change those that may not enter the console, but
    nothing with which one could sign in as another."""

    pages = Pages(view=Permission.USERS_LIST, change=Permission.USERS_UPDATE)
    inlines = (MembershipInline,)

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        is_theirs = may(request, None) or obj is None or not obj.is_staff
        return is_theirs and super().has_change_permission(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Row) -> Sequence[Any]:
        """A new account has the role of everybody, and may be given more then."""
        return super().get_inlines(request, obj) if obj is not None else ()

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        form = super().get_form(request, *args, **kwargs)
        if may(request, None):
            return form
        return with_disabled(form, "email", "is_superuser", "new_password")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ANN401, FBT001
        if isinstance(formset, MembershipFormSet) and formset.has_changed():
            stepup.require(request)
        super().save_formset(request, form, formset, change)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (the policy lets in nobody else)
    return request.user
