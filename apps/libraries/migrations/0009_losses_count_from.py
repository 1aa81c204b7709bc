from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('libraries', '0008_side_file_commentary'),
    ]

    operations = [
        migrations.AddField(
            model_name='libraryroot',
            name='losses_count_from',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
