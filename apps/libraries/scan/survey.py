"""What is news below a root, or below a part of it: the walk, compared with what is stored."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from apps.libraries.models import LibraryRoot, LibraryScan, MediaFolder, ScanType
from apps.libraries.scan import folders
from apps.libraries.scan.comparing import FolderWork, changed_folders
from apps.libraries.scan.departures import Departures
from apps.libraries.scan.progress import ScanProgress
from apps.libraries.scan.scope import Scope
from apps.libraries.scan.tree import (
    Gone,
    KnownFolder,
    Look,
    Subtrees,
    TreeWalk,
    Unchanged,
    issues_of,
)
from apps.libraries.scan.walk import FolderListing, WalkIssue, WalkProblem, WalkRules, absolute
from apps.libraries.watch import kernel


@dataclass(frozen=True)
class Looking:
    """How a scan looks at folders: what for, by which rules, with which threads, and how many
    pieces of folders ahead."""

    scan_type: ScanType
    rules: WalkRules
    trusts_times: bool
    threads: Executor
    ahead: int


class Survey:
    """One pass over a scope of a root. Nothing that it finds gone is touched before its end: that
    is in `departures`."""

    def __init__(
        self,
        scan: LibraryScan,
        root: LibraryRoot,
        scope: Scope,
        looking: Looking,
        progress: ScanProgress,
    ) -> None:
        self.root = root
        self.departures = Departures(root, scan.created_at, looking.rules, progress.tick)
        self.scan_type = looking.scan_type
        self._progress = progress
        self._unreadable = Subtrees()
        self._lost = Subtrees()
        rows = folders.folders_ensure(root, [scope.top])
        is_trusted = scope.is_root and looking.trusts_times
        self._tree = TreeWalk(
            root.path,
            rules=looking.rules,
            known=self._known(scope, rows[scope.top]),
            threads=looking.threads,
            ahead=looking.ahead,
            trusts_times=is_trusted and self.scan_type == ScanType.INCREMENTAL,
            # What gives folders wrong times is not believed here either.
            device=kernel.steady_device(root.path) if looking.trusts_times else None,
        )

    def works(self) -> Iterator[list[FolderWork] | None]:
        """The work that is found, a piece of the tree at a time; None while the disk keeps one
        waiting."""
        for looks in self._tree.looks():
            self._progress.tick()
            yield None if looks is None else list(self._works(looks))

    def _known(self, scope: Scope, top: MediaFolder) -> Iterator[KnownFolder]:
        if scope.is_deep:
            self._progress.expect_folders(folders.folders_count(self.root, scope.top))
            return folders.folders_known(self.root, scope.top)
        self._progress.expect_folders(1)
        return iter([KnownFolder(top.pk, top.path, None, "", {}, 0)])

    def _works(self, looks: Sequence[Look]) -> Iterator[FolderWork]:
        self._progress.folders_looked_at(len(looks))
        for issue in (issue for look in looks for issue in issues_of(look)):
            self._report(issue)
        listings = self._placed([look for look in looks if isinstance(look, FolderListing)])
        for look in looks:
            if isinstance(look, Gone) and not self._lost.covers(look.folder.path):
                self._lose({look.folder.path: look.folder.pk})
            elif isinstance(look, Unchanged) and not self._lost.covers(look.folder.path):
                self._progress.found({look.folder.pk: look.folder.videos})
                self._progress.count(scanned=look.folder.videos)
        yield from self._compare(listings)

    def _report(self, issue: WalkIssue) -> None:
        if self._unreadable.covers(issue.path):
            return  # the folder around it says so
        if issue.problem is WalkProblem.UNREADABLE:
            self._unreadable.add(issue.path)
        self._progress.issue(absolute(self.root.path, issue.path), issue.problem, issue.detail)

    def _placed(self, found: Sequence[FolderListing]) -> dict[MediaFolder, FolderListing]:
        """The listings with their rows. Folders that are new in them are walked next; they have
        rows before anything says that the folder around them is done."""
        present = [one for one in found if not self._lost.covers(one.path)]
        rows = folders.folders_ensure(self.root, [one.path for one in present])
        listings = {rows[one.path]: one for one in present}
        if self.scan_type == ScanType.METADATA:
            return listings
        children = folders.folders_in(listings)
        for row, listing in listings.items():
            self._prune(row, listing, children[row.pk])
        listings = {row: one for row, one in listings.items() if not self._lost.covers(one.path)}
        new = [
            path
            for row, listing in listings.items()
            for path in listing.folders
            if path not in children[row.pk]
        ]
        folders.folders_ensure(self.root, new)
        self._tree.add(new)
        self._progress.expect_folders(len(new))
        return listings

    def _prune(
        self, row: MediaFolder, listing: FolderListing, children: Mapping[str, uuid.UUID]
    ) -> None:
        """Lose the known folders that are no longer in the one around them, or belong to it now."""
        present = set(listing.folders)
        gone = {
            path: pk
            for path, pk in children.items()
            if path not in present and not self._unreadable.covers(path)
        }
        if gone:
            self._lose(gone)
            self.departures.defer(row, listing)

    def _lose(self, tops: Mapping[str, uuid.UUID]) -> None:
        if self.scan_type == ScanType.METADATA:
            return
        for path in tops:
            self._lost.add(path)
        self.departures.folders_gone(tops)

    def _compare(self, listings: Mapping[MediaFolder, FolderListing]) -> Iterator[FolderWork]:
        quiet = dict(listings)
        for work in changed_folders(
            root=self.root,
            listings=listings,
            scan_type=self.scan_type,
            unreadable=self._unreadable,
        ):
            quiet.pop(work.folder, None)
            self.departures.note(work)
            yield work
        videos = {row.pk: len(listing.videos) for row, listing in listings.items()}
        self._progress.found(videos)
        self._progress.count(scanned=sum(videos[row.pk] for row in quiet))
        folders.folders_settle(
            {
                row: listing
                for row, listing in quiet.items()
                if not self.departures.defers(row) and not folders.is_settled(row, listing)
            }
        )
