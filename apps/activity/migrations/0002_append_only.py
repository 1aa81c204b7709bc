from django.db import migrations

CREATE = """
CREATE FUNCTION activity_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('revenge.retention', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the activity log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER activity_append_only BEFORE UPDATE OR DELETE ON activity_activityentry
    FOR EACH STATEMENT EXECUTE FUNCTION activity_refuse_change();
"""
DROP = """
DROP TRIGGER activity_append_only ON activity_activityentry;
DROP FUNCTION activity_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
