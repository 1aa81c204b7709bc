# squawk: allow require-concurrent-index-creation: the table is made in the same release
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("activity", "0002_append_only")]

    operations = [
        migrations.AddIndex(
            model_name="activityentry",
            index=models.Index(
                Upper("username"),
                models.OrderBy(models.F("created_at"), descending=True),
                name="activity_by_username",
            ),
        ),
        migrations.AddIndex(
            model_name="activityentry",
            index=models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(success=False),
                name="activity_failed",
            ),
        ),
    ]
