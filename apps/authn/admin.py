from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from apps.authn import invitations, mailed, sessions, stepup
from apps.authn.invitations import LibraryPermission
from apps.authn.models import DeviceSession, Invitation
from apps.core.admin import ReadOnlyAdmin, Row, ServiceAdmin, may, refusal
from apps.core.agents import device_name
from apps.core.errors import DomainError
from apps.core.requests import AuthenticatedRequest
from apps.rbac import built_in

_DAYS = ((1, _("1 day")), (7, _("7 days")), (30, _("30 days")), (365, _("365 days")))
_PERMISSIONS = (
    (LibraryPermission.VIEW, _("See the films")),
    (LibraryPermission.DOWNLOAD, _("Download the films too")),
    (LibraryPermission.MANAGE, _("Manage the libraries too")),
)


_SHOWN = (
    "note", "role", "gives", "uses_left", "expires_at", "revoked_at", "created_by",
)  # fmt: skip


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    uses = forms.IntegerField(
        label=_("Uses"),
        min_value=1,
        max_value=invitations.MOST_USES,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("How many accounts may be made with the link."),
    )
    days = forms.TypedChoiceField(
        label=_("Works for"),
        choices=_DAYS,
        coerce=int,
        initial=7,
        widget=UnfoldAdminSelectWidget(),
    )
    libraries = forms.MultipleChoiceField(
        label=_("Libraries"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    permission = forms.TypedChoiceField(
        label=_("There one may"),
        choices=_PERMISSIONS,
        coerce=LibraryPermission,
        initial=LibraryPermission.VIEW,
        widget=UnfoldAdminSelectWidget(),
    )

    class Meta:
        model = Invitation
        fields = ("note", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = Group.objects.exclude(name=built_in.ADMIN)  # type: ignore[attr-defined]
        self.fields["role"].initial = Group.objects.filter(name=built_in.USER).first()
        self.fields["libraries"].choices = list(invitations.libraries.names().items())  # type: ignore[attr-defined]

    def clean_libraries(self) -> list[Any]:
        chosen = set(self.cleaned_data["libraries"])
        return [pk for pk in invitations.libraries.names() if str(pk) in chosen]


@admin.register(Invitation)
class InvitationAdmin(ServiceAdmin):
    form = InvitationForm
    list_display = (
        "__str__", "role", "uses_left", "expires_at", "revoked_at", "created_by", "created_at",
    )  # fmt: skip
    list_select_related = ("role", "created_by")
    search_fields = ("note",)
    actions = ("revoke",)

    @admin.display(description=_("Libraries"))
    def gives(self, invitation: Invitation) -> str:
        """The libraries by name; one that is gone is left out."""
        names = {str(pk): name for pk, name in invitations.libraries.names().items()}
        levels = dict(_PERMISSIONS)
        given = [
            f"{names[pk]}: {levels[LibraryPermission(level)]}"
            for pk, level in invitation.grants.items()
            if pk in names
        ]
        return ", ".join(given) or "–"  # noqa: RUF001

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An invitation gives away a role."""
        stepup.require(request)
        page: HttpResponse = super().add_view(request, form_url, extra_context)
        return page

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Sequence[str]:
        return _SHOWN if obj else super().get_fields(request, obj)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Invitation | None = None
    ) -> Sequence[str]:
        return ("gives",) if obj else super().get_readonly_fields(request, obj)

    def get_form(
        self,
        request: HttpRequest,
        obj: Invitation | None = None,
        change: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> "type[forms.ModelForm[Invitation]]":
        if obj:
            kwargs["form"] = forms.ModelForm
        form: type[forms.ModelForm[Invitation]] = super().get_form(request, obj, change, **kwargs)
        return form

    def save_model(
        self,
        request: AuthenticatedRequest,
        obj: Invitation,
        form: InvitationForm,
        change: bool,  # noqa: ARG002, FBT001
    ) -> None:
        wanted = form.cleaned_data
        made, token = invitations.invitation_create(
            actor=request.user,
            role=wanted["role"],
            grants=dict.fromkeys(wanted["libraries"], wanted["permission"]),
            uses=wanted["uses"],
            expires_at=timezone.now() + timedelta(days=wanted["days"]),
            note=wanted["note"],
        )
        obj.pk = made.pk
        path = reverse("authn:invitation", args=[token])
        base = mailed.server_url()
        link = base + path if base else request.build_absolute_uri(path)
        shown = _("Send this link; it is shown this once: %(link)s") % {"link": link}
        messages.warning(request, shown)

    @admin.action(description=_("Revoke"))
    def revoke(self, request: AuthenticatedRequest, chosen: QuerySet[Invitation]) -> None:
        for invitation in chosen:
            try:
                invitations.invitation_revoke(invitation=invitation, actor=request.user)
            except DomainError as error:
                self.message_user(request, f"{invitation}: {refusal(error)}", messages.ERROR)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        # What was promised stays; the list alone is for changing, by its action.
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Invitation | None = None,  # noqa: ARG002
    ) -> bool:
        return False


@admin.register(DeviceSession)
class DeviceSessionAdmin(ReadOnlyAdmin):
    """Where everybody is signed in. To delete a session is to end it."""

    list_display = ("device", "user", "kind", "ip_address", "last_active_at", "created_at")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("user__username", "device_name", "ip_address")
    ordering = ("-last_active_at",)
    fields = (
        "device", "user", "kind", "ip_address", "user_agent", "created_at", "last_active_at",
        "expires_at",
    )  # fmt: skip

    @admin.display(description=_("device"))
    def device(self, session: DeviceSession) -> str:
        return device_name(session.device_name, session.user_agent)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeviceSession]:
        live: QuerySet[DeviceSession] = super().get_queryset(request)
        return live.filter(ended_at=None, expires_at__gt=timezone.now())

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return may(request, None)

    def get_deleted_objects(
        self,
        objs: Sequence[DeviceSession] | QuerySet[DeviceSession],
        request: HttpRequest,  # noqa: ARG002
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Nothing goes with a session: its row says when it ended."""
        named = [f"{session.user}: {self.device(session)}" for session in objs]
        return named, {str(_("Sessions")): len(objs)}, set(), []

    def delete_model(self, request: AuthenticatedRequest, obj: DeviceSession) -> None:
        sessions.session_end(session_id=obj.pk, actor=request.user)

    def delete_queryset(
        self, request: AuthenticatedRequest, queryset: QuerySet[DeviceSession]
    ) -> None:
        for session in queryset:
            self.delete_model(request, session)
