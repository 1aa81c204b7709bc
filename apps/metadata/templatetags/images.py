from django import template
from django.urls import reverse

from apps.metadata.models import Image

register = template.Library()


@register.simple_tag
def image_url(image: Image, size: str) -> str:
    """The address of a picture in one of the sizes of `images.SIZES`."""
    return reverse("image", kwargs={"kind": image.kind, "size": size, "name": image.file_name})
