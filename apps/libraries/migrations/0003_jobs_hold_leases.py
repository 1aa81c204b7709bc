from django.db import migrations

# Scans that wait or run from before there were jobs get one, so that they go on.
_ADOPT = """
INSERT INTO core_jobmessage (id, task, queue, args, kwargs, is_tracked, request_id, holder, sends,
                             starts, created_at, due_at)
SELECT id, 'libraries.scan_run', 'bulk', jsonb_build_array(id::text), '{}', true, '', '', 0, 0,
       created_at, now()
  FROM libraries_libraryscan WHERE status IN ('pending', 'running')
ON CONFLICT DO NOTHING;
INSERT INTO core_job (id, created_at, updated_at, kind, subject, state, queue, task, args, done,
                      total, counts, message, error, started_by_id)
SELECT scan.id, scan.created_at, now(), 'libraries.scan', library.name, 'queued', 'bulk',
       'libraries.scan_run', jsonb_build_array(scan.id::text), 0, 0, '{}', '', '', scan.requested_by_id
  FROM libraries_libraryscan scan JOIN libraries_library library ON library.id = scan.library_id
 WHERE scan.status IN ('pending', 'running')
ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_jobs'),
        ('libraries', '0002_initial'),
    ]

    operations = [
        migrations.RunSQL(_ADOPT, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name='libraryscan',
            name='heartbeat_at',
        ),
    ]
