from apps.libraries.models.files import FileState, MediaFile, MediaFolder, SideFile, SideFileKind
from apps.libraries.models.libraries import (
    Library,
    LibraryGrant,
    LibraryRoleGrant,
    LibraryRoot,
    LibraryType,
)
from apps.libraries.models.scans import LibraryScan, ScanIssue, ScanRequest, ScanStatus, ScanType

__all__ = [
    "FileState",
    "Library",
    "LibraryGrant",
    "LibraryRoleGrant",
    "LibraryRoot",
    "LibraryScan",
    "LibraryType",
    "MediaFile",
    "MediaFolder",
    "ScanIssue",
    "ScanRequest",
    "ScanStatus",
    "ScanType",
    "SideFile",
    "SideFileKind",
]
