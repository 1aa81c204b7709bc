# squawk: allow adding-foreign-key-constraint: no release before this one holds a library
# squawk: allow require-concurrent-index-creation: no release before this one holds a library

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('libraries', '0009_losses_count_from'),
    ]

    operations = [
        migrations.AddField(
            model_name='libraryscan',
            name='continued_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='libraries.libraryscan', verbose_name='taken over by'),
        ),
        migrations.AlterField(
            model_name='libraryscan',
            name='status',
            field=models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('completed', 'Completed'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('continued', 'Taken over')], default='pending', max_length=9, verbose_name='status'),
        ),
    ]
