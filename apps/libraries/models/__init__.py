from apps.libraries.models.files import FileState, MediaFile, MediaFolder, SideFile, SideFileKind
from apps.libraries.models.libraries import (
    Library,
    LibraryGrant,
    LibraryRoleGrant,
    LibraryRoot,
    LibraryType,
)
from apps.libraries.models.scans import (
    ACTIVE,
    LibraryScan,
    ScanIssue,
    ScanRequest,
    ScanStatus,
    ScanType,
)

__all__ = [
    "ACTIVE",
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
