from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MoviesConfig(AppConfig):
    name = "apps.movies"
    verbose_name = _("Films")

    def ready(self) -> None:
        from apps.core.monitoring.sources import sources  # noqa: PLC0415  (models are loaded now)
        from apps.libraries import access, catalogue, works  # noqa: PLC0415
        from apps.libraries.models import LibraryType  # noqa: PLC0415
        from apps.movies import figures, own_data  # noqa: PLC0415
        from apps.movies.index import MOVIES  # noqa: PLC0415
        from apps.movies.library_figures import FilmFigures  # noqa: PLC0415
        from apps.search import registry  # noqa: PLC0415
        from apps.users import exporting  # noqa: PLC0415

        catalogue.register(LibraryType.MOVIE, "apps.movies.catalogue.MovieCatalogue")
        works.register(LibraryType.MOVIE, FilmFigures())
        access.register_works("movie_file__movie", "movie_extra__movie")
        registry.register(MOVIES)
        exporting.register("watch-history", own_data.watch_history)
        sources.register("films", figures.figures)
