from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('libraries', '0006_scans_in_pieces'),
    ]

    operations = [
        migrations.AddField(
            model_name='libraryroot',
            name='unavailable_since',
            field=models.DateTimeField(editable=False, null=True, verbose_name='unavailable since'),
        ),
    ]
