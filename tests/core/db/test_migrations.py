"""Every migration of ours goes back and forth with rows in the tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.apikeys import services as keys
from apps.apikeys.models import Scope
from apps.authn import invitations, mailed, sessions
from apps.core.jobs import outbox
from apps.core.jobs.models import Job, JobMessage, JobState
from apps.libraries.models import (
    Library,
    LibraryGrant,
    LibraryRoleGrant,
    LibraryRoot,
    LibraryScan,
    MediaFile,
    MediaFolder,
    ScanIssue,
    ScanRequest,
    ScanType,
    SideFile,
)
from apps.metadata.models import Image
from apps.movies.models import (
    Collection,
    Credit,
    Genre,
    Movie,
    MovieExtra,
    MovieFile,
    Person,
    WatchState,
)
from apps.search.models import IndexRequest
from apps.setup import services as setup
from apps.siteconfig.models import ServerSetting, UserSetting
from apps.users.models import Avatar, User, UserPreferences
from tests.core.db.databases import scratch_database

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _database(transactional_db: None) -> Iterator[None]:  # noqa: ARG001
    with scratch_database():
        yield


def _fill() -> None:
    """A row or more for every table of ours."""
    user = User.objects.create(username="member", email="member@example.org")
    sessions.session_start(user=user, device=sessions.Device(name="test"))
    mailed.token_send(user=user, purpose=mailed.Purpose.RESET)
    invitations.invitation_create(
        actor=user,
        role=Group.objects.get(name="user"),
        grants={},
        uses=1,
        expires_at=timezone.now() + timedelta(days=1),
    )
    keys.key_create(user=user, name="Script", scopes=[Scope.READ])
    setup.setup_token_new()
    library = Library.objects.create(name="Films")
    root = LibraryRoot.objects.create(library=library, path="/films")
    folder = MediaFolder.objects.create(root=root, path="Film", mtime_ns=1)
    files = [
        MediaFile.objects.create(
            library=library, root=root, folder=folder, path=path, size=1, mtime_ns=1, inode=1
        )
        for path in ("Film/a.mkv", "Film/trailer.mkv")
    ]
    SideFile.objects.create(media_file=files[0], kind="subtitle", path="Film/a.srt", format="srt")
    scan = LibraryScan.objects.create(library=library, scan_type=ScanType.FULL)
    ScanRequest.objects.create(root=root, path="Film")
    ScanIssue.objects.create(scan=scan, path="/films/x", reason="unreadable", message="No.")
    permission = Permission.objects.get(codename="view_library")
    group = user.groups.create(name="club")
    LibraryGrant.objects.create(user=user, permission=permission, content_object=library)
    LibraryRoleGrant.objects.create(group=group, permission=permission, content_object=library)
    user.user_permissions.add(permission)
    image = Image.objects.create(
        kind="poster", key="k", source_path="/p", size=1, mtime_ns=1, width=1, height=1
    )
    now = timezone.now()
    collection = Collection.objects.create(name="Trilogy")
    movie = Movie.objects.create(
        title="Film", library_added_at=now, poster=image, collection=collection
    )
    movie.genres.add(Genre.objects.create(slug="drama", name="Drama"))
    Credit.objects.create(movie=movie, person=Person.objects.create(name="P"), credit_type="cast")
    MovieFile.objects.create(movie=movie, media_file=files[0], version_key="a")
    MovieExtra.objects.create(movie=movie, media_file=files[1], kind="trailer")
    WatchState.objects.create(user=user, movie=movie, reported_at=now, last_watched_at=now)
    IndexRequest.objects.create(collection="movies", object_id=movie.pk)
    work = {"id": scan.pk, "task": "libraries.scan_run", "queue": "bulk", "args": [str(scan.pk)]}
    Job.objects.create(**work, kind="libraries.scan")
    sent = {"is_tracked": True, "sends": 1, "starts": 0, "created_at": now, "due_at": now}
    JobMessage.objects.create(**work, **sent, kwargs={})
    UserPreferences.objects.create(user=user, content_language="de")
    picture = {"width": 256, "height": 256, "file_size_bytes": 1, "uploaded_at": now}
    Avatar.objects.create(user=user, version=1, **picture)
    activity.record(Action.LOGIN, actor=user)
    ServerSetting.objects.create(key="server.name", value="Films")
    UserSetting.objects.create(user=user, key="k", value=1)


def _rows() -> Rows:
    rows: Rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table != "django_migrations":
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                names = [column.name for column in cursor.description or ()]
                rows[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return rows


def _changed(before: Rows, after: Rows) -> set[str]:
    """Of the tables that are there both times, those whose rows differ in the columns that are."""

    def seen(rows: list[dict[str, Any]], columns: set[str]) -> list[str]:
        return sorted(repr({name: row[name] for name in sorted(columns)}) for row in rows)

    changed = set()
    for table in before.keys() & after.keys():
        old, new = before[table], after[table]
        columns = set(old[0]) & set(new[0]) if old and new else set()
        if seen(old, columns) != seen(new, columns):
            changed.add(table)
    return changed


def _schema() -> dict[str, list[str]]:
    """Columns, indexes and constraints, by table; an index by what it does, not by its name."""
    schema: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            r"""
            SELECT table_name, concat_ws(' ', column_name, data_type, is_nullable, column_default)
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL
            SELECT tablename, regexp_replace(indexdef, 'INDEX \S+ ON', 'INDEX ON')
            FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL
            SELECT relname, pg_get_constraintdef(c.oid) FROM pg_constraint c
            JOIN pg_class ON pg_class.oid = conrelid
            ORDER BY 1, 2
            """
        )
        for table, line in cursor.fetchall():
            schema.setdefault(table, []).append(line)
    return schema


def _migrate(app: str, name: str | None) -> None:
    MigrationExecutor(connection).migrate([(app, name)])


@dataclass(frozen=True)
class Step:
    app: str
    before: str | None
    name: str


def _steps() -> list[Step]:
    """Of our apps, in the order in which they are applied. The first migrations of an app, which
    make its tables, are one step."""
    graph = MigrationExecutor(connection).loader.graph
    nodes = [node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf)]
    steps: dict[str, list[Step]] = {}
    for app, name in dict.fromkeys(nodes):
        migration = graph.nodes[app, name]
        if not type(migration).__module__.startswith("apps."):
            continue
        own = steps.setdefault(app, [])
        if migration.initial:
            own[:] = [Step(app, None, name)]
        else:
            own.append(Step(app, own[-1].name, name))
    order = {node: position for position, node in enumerate(dict.fromkeys(nodes))}
    every = [step for own in steps.values() for step in own]
    return sorted(every, key=lambda step: order[step.app, step.name])


def test_every_table_of_ours_has_a_row_for_the_test_below() -> None:
    _fill()
    rows = _rows()
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    tables = {model._meta.db_table for model in ours}
    assert len(tables) > 15
    assert sorted(table for table in tables if not rows[table]) == []


def test_each_goes_back_and_forth_and_loses_no_row_but_those_of_its_own_tables() -> None:
    """A migration that makes a table drops it on the way back, with its rows. All others keep
    every row, and every value of a column that is there before and after."""
    _fill()
    steps = _steps()
    assert len(steps) >= 7
    for step in reversed(steps):
        rows, schema = _rows(), _schema()
        _migrate(step.app, step.before)
        back = _rows()
        assert _changed(rows, back) == set(), step
        _migrate(step.app, step.name)
        assert _changed(back, _rows()) == set(), step
        assert all(schema[table] == lines for table, lines in _schema().items()), step
        _migrate(step.app, step.before)
    left = {table for table in _rows() if table.partition("_")[0] in {step.app for step in steps}}
    assert left == set()


def test_a_scan_from_before_there_were_jobs_goes_on() -> None:
    _fill()
    scan = LibraryScan.objects.get()
    _migrate("libraries", "0002_initial")
    Job.objects.all().delete()
    JobMessage.objects.all().delete()

    _migrate("libraries", "0003_jobs_hold_leases")

    job, message = Job.objects.get(), JobMessage.objects.get()
    assert (job.pk, job.subject, job.state) == (scan.pk, "Films", JobState.QUEUED)
    assert (message.pk, message.args, message.is_tracked) == (scan.pk, [str(scan.pk)], True)
    outbox.sweep()
    assert JobMessage.objects.get().sends == 1


def test_films_from_before_there_were_limits_get_ages_and_tags() -> None:
    _fill()
    Movie.objects.update(certification="DE:FSK 16", tags=["Heist", "HEIST "])
    _migrate("movies", "0003_ages_and_tag_keys")
    _migrate("movies", "0004_fill_ages_and_tag_keys")
    movie = Movie.objects.get()
    assert (movie.minimum_age, movie.tag_keys) == (16, ["heist"])


def test_grants_from_before_there_were_limits_have_none_and_an_id_each() -> None:
    _fill()
    other = User.objects.create(username="other", email="other@example.org")
    first = LibraryGrant.objects.get()
    LibraryGrant.objects.create(
        user=other, permission=first.permission, content_object=first.content_object
    )
    _migrate("libraries", "0003_jobs_hold_leases")
    _migrate("libraries", "0004_limits_of_grants")
    grants = LibraryGrant.objects.all()
    assert {(grant.max_age, tuple(grant.blocked_tags)) for grant in grants} == {(None, ())}
    assert len({grant.public_id for grant in grants}) == 2
