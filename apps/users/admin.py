from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.core.admin import ServiceAdmin
from apps.users import services
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

    def _post_clean(self) -> None:
        """Here the account has its new name, which the password must not resemble."""
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        if password := self.cleaned_data.get("new_password"):
            try:
                validate_password(password, self.instance)
            except forms.ValidationError as error:
                self.add_error("new_password", error)


@admin.register(User)
class UserAdmin(ServiceAdmin):
    form = UserForm
    list_display = ("username", "email", "display_name", "is_superuser", "is_active", "last_login")
    list_filter = ("is_superuser", "is_active")
    search_fields = ("username", "email", "display_name")
    ordering = ("username",)

    def save_model(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: User,
        form: UserForm,
        change: bool,  # noqa: FBT001
    ) -> None:
        password = form.cleaned_data["new_password"]
        changes = {name: form.cleaned_data[name] for name in UserForm.Meta.fields}
        if not change:
            created = services.user_create(
                username=changes.pop("username"),
                email=changes.pop("email"),
                password=password,
                is_admin=changes.pop("is_superuser"),
            )
            obj.pk = created.pk
            services.user_update(user=created, changes=changes)
            return
        services.user_update(user=obj, changes=changes)
        if password:
            services.user_set_password(user=obj, password=password)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002
        # An account is switched off, so that nothing of what it has seen is lost.
        return False
