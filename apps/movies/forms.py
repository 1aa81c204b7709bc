from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.movies.selectors import MovieFilter, MovieOrder

ORDER_LABELS = {
    MovieOrder.ADDED: _("Recently added"),
    MovieOrder.TITLE: _("Title"),
    MovieOrder.YEAR: _("Year"),
    MovieOrder.RATING: _("Rating"),
}


@dataclass(frozen=True)
class FilmListChoice:
    """What a person asked the poster wall for."""

    order: MovieOrder
    genre: str
    year: int | None
    library_id: UUID | None

    @property
    def movie_filter(self) -> MovieFilter:
        return MovieFilter(genre=self.genre or None, year=self.year, library_id=self.library_id)

    @property
    def is_filtered(self) -> bool:
        return self.movie_filter != MovieFilter()


class FilmListForm(forms.Form):
    """The state of the poster wall, as the address carries it. A bad value is no value."""

    sort = forms.ChoiceField(choices=[(order.value, order.value) for order in MovieOrder])
    genre = forms.CharField(max_length=100, required=False)
    year = forms.IntegerField(min_value=1, max_value=9999, required=False)
    library = forms.UUIDField(required=False)

    def choice(self) -> FilmListChoice:
        self.is_valid()
        values: dict[str, Any] = self.cleaned_data
        return FilmListChoice(
            order=MovieOrder(values.get("sort", MovieOrder.ADDED)),
            genre=values.get("genre", ""),
            year=values.get("year"),
            library_id=values.get("library"),
        )


class SearchForm(forms.Form):
    q = forms.CharField(required=False)
    page = forms.IntegerField(min_value=1, max_value=1000)

    def wanted(self) -> tuple[str, int]:
        """The words, and the number of the page of results."""
        self.is_valid()
        values: dict[str, Any] = self.cleaned_data
        return values.get("q", ""), values.get("page", 1)
