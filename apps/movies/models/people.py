from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity
from apps.movies.models.movies import Movie


class Person(Entity):
    name = models.CharField(_("name"), max_length=255, unique=True)

    class Meta(Entity.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name


class CreditType(models.TextChoices):
    CAST = "cast", _("cast")
    CREW = "crew", _("crew")


class Credit(Entity):
    """A person's part in a film."""

    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="credits")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="credits")
    credit_type = models.CharField(max_length=4, choices=CreditType)
    character = models.CharField(max_length=255, blank=True)
    job = models.CharField(max_length=100, blank=True)
    department = models.CharField(max_length=100, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta(Entity.Meta):
        verbose_name = _("credit")
        verbose_name_plural = _("credits")
        ordering: ClassVar = ["credit_type", "order", "id"]
        indexes: ClassVar = [models.Index(fields=["movie", "credit_type", "order"])]

    def __str__(self) -> str:
        return f"{self.person_id} {self.character or self.job}"
