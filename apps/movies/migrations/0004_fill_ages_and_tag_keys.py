from django.db import migrations

from apps.libraries.access import tag_keys
from apps.movies.certifications import minimum_age

_AT_ONCE = 2000


def _fill(apps, _schema_editor):
    movies = apps.get_model('movies', 'Movie').objects
    rated = movies.exclude(certification='').order_by()
    for certification in rated.values_list('certification', flat=True).distinct():
        age = minimum_age(certification)
        if age is not None:
            movies.filter(certification=certification).update(minimum_age=age)
    batch = []
    for movie in movies.exclude(tags=[]).only('tags').iterator(_AT_ONCE):
        movie.tag_keys = tag_keys(movie.tags)
        batch.append(movie)
        if len(batch) == _AT_ONCE:
            movies.bulk_update(batch, ['tag_keys'])
            batch = []
    movies.bulk_update(batch, ['tag_keys'])


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0003_ages_and_tag_keys'),
    ]

    operations = [
        migrations.RunPython(_fill, migrations.RunPython.noop),
    ]
