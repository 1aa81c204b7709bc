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
    PUBLIC_STATUSES,
    LibraryScan,
    ScanIssue,
    ScanRequest,
    ScanStatus,
    ScanType,
)

__all__ = [
    "ACTIVE",
    "PUBLIC_STATUSES",
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
