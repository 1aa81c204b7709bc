# squawk: allow require-concurrent-index-creation: the table is made in the same release
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("activity", "0002_append_only")]

    operations = [
        # Also where a session calls itself a replica's (session_replication_role).
        migrations.RunSQL(
            "ALTER TABLE activity_activityentry ENABLE ALWAYS TRIGGER activity_append_only",
            "ALTER TABLE activity_activityentry ENABLE TRIGGER activity_append_only",
        ),
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
