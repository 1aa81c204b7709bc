from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.apikeys import services
from apps.apikeys.models import ApiKey
from apps.core.admin import ReadOnlyAdmin
from apps.users.models import User


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Everybody's keys. To delete one is to revoke it."""

    list_display = (
        "name", "user", "prefix", "scope_names", "is_valid", "expires_at", "last_used_at",
        "last_used_ip", "created_at",
    )  # fmt: skip
    list_filter = ("user",)
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    exclude = ("key_hash",)

    @admin.display(description=_("scopes"))
    def scope_names(self, key: ApiKey) -> str:
        return ", ".join(key.scope_labels)

    @admin.display(description=_("active"), boolean=True)
    def is_valid(self, key: ApiKey) -> bool:
        return key.is_active

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return bool(getattr(request.user, "is_admin", False))

    def delete_model(self, request: HttpRequest, obj: ApiKey) -> None:
        assert isinstance(request.user, User)  # noqa: S101  (the policy lets in nobody else)
        services.key_revoke(key=obj, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            self.delete_model(request, key)
