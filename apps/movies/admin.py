from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminURLInputWidget

from apps.core.admin import Pages, Row, ServiceAdmin, may, refusal
from apps.core.errors import DomainError
from apps.core.permissions import Permission
from apps.libraries import scanning
from apps.libraries.models import Library, ScanType
from apps.movies import services
from apps.movies.models import Movie
from apps.users.models import User


class TagsField(forms.CharField):
    """A list of tags, one a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def clean(self, value: str | None) -> list[str]:
        return _tags(super().clean(value))

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: list[str] | None, data: str | None) -> bool:
        return _tags("\n".join(initial or ())) != _tags(data or "")


def _tags(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return list(dict.fromkeys(filter(None, lines)))


class MovieForm(forms.ModelForm):  # type: ignore[type-arg]
    tags = TagsField(
        label=_("Tags"),
        required=False,
        help_text=_(
            "One a line; they take the place of those in an NFO. Access to a library can leave out "
            "films with certain tags."
        ),
    )
    trailer_url = forms.URLField(
        label=_("Trailer"),
        max_length=500,
        required=False,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget(),
    )

    class Meta:
        model = Movie
        fields = (
            "title", "original_title", "sort_title", "year", "release_date", "runtime",
            "certification", "tagline", "overview", "original_language", "genres", "tags",
            "collection", "vote_average", "vote_count", "tmdb_id", "imdb_id", "trailer_url",
        )  # fmt: skip

    def clean_imdb_id(self) -> str | None:
        return self.cleaned_data["imdb_id"] or None


@admin.register(Movie)
class MovieAdmin(ServiceAdmin):
    pages = Pages(view=Permission.MOVIES_UPDATE, change=Permission.MOVIES_UPDATE)
    form = MovieForm
    list_display = ("title", "year", "runtime", "vote_average", "library_added_at")
    list_filter = ("genres", "year")
    search_fields = ("search_text", "tmdb_id", "imdb_id")
    filter_horizontal = ("genres",)
    actions = ("rescan",)

    def save_model(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Movie,
        form: MovieForm,
        change: bool,  # noqa: ARG002, FBT001
    ) -> None:
        services.movie_update(
            movie=obj, changes={name: form.cleaned_data[name] for name in form.changed_data}
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: ANN401, FBT001
        """The service has stored the genres."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False  # films come from files

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False  # they go with their files, and what people have seen of them stays

    def has_scan_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.LIBRARIES_SCAN)

    @admin.action(description=_("Rescan the libraries of these films"), permissions=["scan"])
    def rescan(self, request: HttpRequest, queryset: QuerySet[Movie]) -> None:
        assert isinstance(request.user, User)  # noqa: S101  (the policy lets in nobody else)
        ids = {pk for movie in queryset for pk in movie.library_ids}
        for library in Library.objects.visible_to(request.user).filter(pk__in=ids):
            try:
                scanning.scan_start(
                    library=library, scan_type=ScanType.METADATA, requested_by=request.user
                )
            except DomainError as error:
                self.message_user(request, f"{library}: {refusal(error)}", messages.WARNING)
            else:
                text = _("The scan of %(library)s is queued.") % {"library": library}
                self.message_user(request, text, messages.SUCCESS)
