from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from apps.core import stepup
from apps.core.admin import ServiceAdmin, refusal
from apps.core.db.transactions import transaction
from apps.core.errors import DomainError, StepUpRequiredError
from apps.users import deletion, places, services
from apps.users.models import User

admin.site.unregister(Group)


class UserForm(forms.ModelForm):  # type: ignore[type-arg]
    new_password = forms.CharField(
        label=_("Password"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        required=False,
        help_text=_("Leave it empty to keep the present one."),
    )

    class Meta:
        model = User
        fields = (
            "username", "email", "display_name", "locale", "timezone", "theme", "is_active",
            "is_superuser",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:  # noqa: SLF001
            self.fields["new_password"].required = True
            self.fields["new_password"].help_text = ""
        zones = ((name, name.replace("_", " ")) for name in places.time_zones())
        self._choose("locale", settings.LANGUAGES)
        self._choose("timezone", zones)

    def _choose(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        """Offer a list, with what a program may have set besides."""
        offered = {"": "–", **dict(choices)}  # noqa: RUF001
        present = getattr(self.instance, name)
        offered.setdefault(present, present)
        self.fields[name].widget = UnfoldAdminSelectWidget(choices=list(offered.items()))

    def _post_clean(self) -> None:
        """Here the account has its new name, which the password must not resemble."""
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        if password := self.cleaned_data.get("new_password"):
            try:
                validate_password(password, self.instance)
            except forms.ValidationError as error:
                self.add_error("new_password", error)


class Deleted(admin.SimpleListFilter):
    """Without a choice only the accounts that are there."""

    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401, ARG002
        return [("restorable", _("Can be restored")), ("all", _("With deleted accounts"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:  # noqa: ARG002
        match self.value():
            case "restorable":
                return queryset.filter(anonymised_at=None).exclude(deleted_at=None)
            case "all":
                return queryset
            case _:
                return queryset.filter(deleted_at=None)


@admin.register(User)
class UserAdmin(ServiceAdmin):
    form = UserForm
    list_display = (
        "username", "email", "display_name", "is_superuser", "is_active", "last_login",
        "deleted_at",
    )  # fmt: skip
    list_filter = ("is_superuser", "is_active", Deleted)
    search_fields = ("username", "email", "display_name")
    ordering = ("username",)
    actions = ("disable", "enable", "restore")
    delete_confirmation_template = "admin/users/delete.html"
    delete_selected_confirmation_template = "admin/users/delete.html"

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: UserForm,
        change: bool,  # noqa: FBT001
    ) -> None:
        actor = _administrator(request)
        stepup.require(request)
        password = form.cleaned_data["new_password"]
        changes = {name: form.cleaned_data[name] for name in UserForm.Meta.fields}
        with transaction():
            if change:
                services.user_administer(actor=actor, user=obj, changes=changes)
                if password:
                    services.password_assign(actor=actor, user=obj, password=password)
                return
            created = services.user_create(
                username=changes.pop("username"),
                email=changes.pop("email"),
                password=password,
                is_admin=changes.pop("is_superuser"),
                actor=actor,
            )
            services.user_update(user=created, changes=changes, actor=actor)
        obj.pk = created.pk

    def get_deleted_objects(
        self,
        objs: Sequence[User] | QuerySet[User],
        request: HttpRequest,  # noqa: ARG002
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Nothing goes with an account: it is switched off."""
        return [str(user) for user in objs], {str(_("Users")): len(objs)}, set(), []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._or_refusal(
            request, partial(super().delete_view, request, object_id), extra_context
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._or_refusal(request, partial(super().changelist_view, request), extra_context)

    def _or_refusal(
        self,
        request: HttpRequest,
        view: Callable[[dict[str, Any] | None], HttpResponse],
        extra_context: dict[str, Any] | None,
    ) -> HttpResponse:
        try:
            return view(extra_context)
        except StepUpRequiredError:
            raise  # it is no refusal: who shows who it is comes back
        except DomainError as error:
            self.message_user(request, refusal(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:users_user_changelist"))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        stepup.require(request)
        deletion.user_delete(actor=_administrator(request), user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        stepup.require(request)
        with transaction():  # all or none
            for user in queryset:
                deletion.user_delete(actor=_administrator(request), user=user)

    @admin.action(description=_("Switch off"))
    def disable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, partial(_set_active, is_active=False))

    @admin.action(description=_("Switch on"))
    def enable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, partial(_set_active, is_active=True))

    @admin.action(description=_("Restore deleted accounts"))
    def restore(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, _restore)

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[User],
        change: Callable[[User, User], None],
    ) -> None:
        """Change each account, and say which could not be."""
        stepup.require(request)
        for user in queryset:
            try:
                change(_administrator(request), user)
            except DomainError as error:
                self.message_user(request, f"{user}: {refusal(error)}", messages.WARNING)
            else:
                text = _("%(user)s is changed.") % {"user": user}
                self.message_user(request, text, messages.SUCCESS)


def _administrator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (the policy lets in nobody else)
    return request.user


def _set_active(actor: User, user: User, *, is_active: bool) -> None:
    services.user_administer(actor=actor, user=user, changes={"is_active": is_active})


def _restore(actor: User, user: User) -> None:
    deletion.user_restore(actor=actor, user=user)
