"""Grants on the console's pages of libraries, users and roles."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.admin import ServiceFormSet, ServiceInline
from apps.libraries import grants
from apps.libraries.access import GrantLevel
from apps.libraries.grants import Grant, Grantee, GrantLimits
from apps.libraries.models import Library, LibraryGrant, LibraryRoleGrant
from apps.rbac import built_in
from apps.users.models import User


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A grant that is there keeps whom it is for and what it allows: its limits may change."""

    level = forms.ChoiceField(
        label=_("Level"),
        choices=GrantLevel.choices,
        initial=GrantLevel.VIEW.value,  # so that an empty row counts as one
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["blocked_tags"].widget = UnfoldAdminTextInputWidget()
        self.fields["blocked_tags"].show_hidden_initial = False
        if not self.instance._state.adding:  # noqa: SLF001
            self.initial["level"] = self.instance.level
            self.fields["level"].disabled = True
            for name in {"user", "group", "content_object"} & self.fields.keys():
                self._settle(name)

    def _settle(self, name: str) -> None:
        """Whoever it is for stays, also one who would get no new grant."""
        field: Any = self.fields[name]
        present = getattr(self.instance, name)
        field.disabled = True
        field.queryset = type(present).objects.filter(pk=present.pk)
        field.widget.choices = [(present.pk, str(present))]

    @property
    def limits(self) -> GrantLimits:
        return GrantLimits(
            max_age=self.cleaned_data["max_age"],
            shows_unrated=self.cleaned_data["shows_unrated"],
            blocked_tags=self.cleaned_data["blocked_tags"] or [],
        )


class GrantFormSet(ServiceFormSet):
    def save_new(self, form: GrantForm, commit: bool = True) -> Grant:  # type: ignore[override]  # noqa: ARG002, FBT001, FBT002
        row = form.instance
        return grants.grant_add(
            actor=self.actor,
            library=row.content_object,
            grantee=_grantee(row),
            level=GrantLevel(form.cleaned_data["level"]),
            limits=form.limits,
        )

    def save_existing(self, form: GrantForm, obj: Grant, commit: bool = True) -> Grant:  # type: ignore[override]  # noqa: ARG002, FBT001, FBT002
        return grants.grant_update(actor=self.actor, grant=obj, limits=form.limits)

    def delete_existing(self, obj: Grant, commit: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002
        grants.grant_remove(
            actor=self.actor,
            library=obj.content_object,
            grantee=_grantee(obj),
            level=obj.level,
        )


_LIMITS = ("level", "max_age", "shows_unrated", "blocked_tags")


class _GrantInline(ServiceInline):
    form = GrantForm
    formset = GrantFormSet
    hide_title = True  # the columns say it

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401  (of either model)
        rows = super().get_queryset(request).filter(content_object__deleted_at=None)
        grantee = "user" if self.model is LibraryGrant else "group"
        rows = rows.select_related("permission", "content_object", grantee)
        return rows.order_by("created_at", "pk")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(is_superuser=False, is_active=True)
        if db_field.name == "group":
            roles = Group.objects.filter(info__isnull=False).exclude(name=built_in.ADMIN)
            kwargs |= {"queryset": roles.order_by("name"), "label": _("Role")}
        if db_field.name == "content_object":
            kwargs |= {"queryset": Library.objects.in_use(), "label": _("Library")}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class UserGrantInline(_GrantInline):
    model = LibraryGrant
    fields = ("user", *_LIMITS)


class RoleGrantInline(_GrantInline):
    model = LibraryRoleGrant
    fields = ("group", *_LIMITS)


class LibrariesOfUserInline(_GrantInline):
    model = LibraryGrant
    fields = ("content_object", *_LIMITS)
    verbose_name_plural = _("Libraries")


class LibrariesOfRoleInline(_GrantInline):
    model = LibraryRoleGrant
    fields = ("content_object", *_LIMITS)
    verbose_name_plural = _("Libraries")


def _grantee(grant: Grant) -> Grantee:
    return grant.user if isinstance(grant, LibraryGrant) else grant.group
