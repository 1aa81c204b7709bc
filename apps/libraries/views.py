"""The pages of libraries for people."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from apps.core.errors import DomainError, ForbiddenError, InvalidInputError, NotFoundError
from apps.core.permissions import Permission
from apps.core.policy import Access, Needs, Policy, policy
from apps.core.requests import AuthenticatedRequest
from apps.libraries import folders as server
from apps.libraries import scanning, selectors
from apps.libraries.access import sees_all
from apps.libraries.forms import ScanForm
from apps.libraries.models import Library, LibraryScan, ScanType
from apps.libraries.statistics import library_statistics
from apps.users.models import User

ISSUES_A_PAGE = 100
SCANS_SHOWN = 20
_SCAN = Needs(Permission.LIBRARIES_SCAN, Access.ADMIN, or_grant=True)
_SCAN_BY_POST: Policy = {"POST": _SCAN}


@require_safe
@policy(Needs(Permission.LIBRARIES_LIST))
def index(request: AuthenticatedRequest) -> HttpResponse:
    """The libraries that the viewer sees, in figures."""
    found = selectors.library_list(user=request.user)
    shown = [(row, library_statistics(user=request.user, library=row)) for row in found]
    return render(request, "libraries/index.html", {"libraries": shown})


@require_safe
@policy(Needs(Permission.LIBRARIES_GET))
def detail(request: AuthenticatedRequest, library_id: UUID) -> HttpResponse:
    """One library in figures; for who looks after it also its folders and scans."""
    user = request.user
    try:
        library = selectors.library_get(user=user, library_id=library_id)
    except NotFoundError as error:
        raise Http404 from error
    context = {
        "library": library,
        "statistics": library_statistics(user=user, library=library),
        "may_edit": selectors.library_may(user, library, Permission.LIBRARIES_UPDATE),
    }
    if selectors.library_may(user, library, Permission.LIBRARIES_SCAN):
        scans = library.scans.all()[:SCANS_SHOWN]
        context |= {"form": ScanForm(), "scans": scans, "sees_all": sees_all(user, library.pk)}
    return render(request, "libraries/detail.html", context)


@require_POST
@policy(_SCAN_BY_POST)
def scan_start(request: AuthenticatedRequest, library_id: UUID) -> HttpResponse:
    library = _to_scan(request, library_id)
    form = ScanForm(request.POST)
    try:
        if not form.is_valid():
            raise InvalidInputError(_("There is no such scan."))
        _start(form, library, request.user)
    except DomainError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("The scan is queued."))
    return redirect("libraries:detail", library_id)


def _start(form: ScanForm, library: Library, user: User) -> None:
    if path := form.cleaned_data["path"]:
        scanning.scan_request(library=library, paths=[path], requested_by=user)
    else:
        scan_type = ScanType(form.cleaned_data["scan_type"])
        scanning.scan_start(library=library, scan_type=scan_type, requested_by=user)


@require_safe
@policy({"GET": _SCAN})
def scan(request: AuthenticatedRequest, library_id: UUID, scan_id: UUID) -> HttpResponse:
    """A scan, for who sees all of the library with what it could not use."""
    library = _to_scan(request, library_id)
    row = _scan(request, library, scan_id)
    is_all = sees_all(request.user, library.pk)
    issues = row.issues.order_by("path") if is_all else row.issues.none()
    page = Paginator(issues, ISSUES_A_PAGE).get_page(request.GET.get("page"))
    context = {"library": library, "scan": row, "issues": page, "sees_all": is_all}
    return render(request, "libraries/scan.html", context)


@require_POST
@policy(_SCAN_BY_POST)
def scan_cancel(request: AuthenticatedRequest, library_id: UUID, scan_id: UUID) -> HttpResponse:
    library = _to_scan(request, library_id)
    try:
        scanning.scan_cancel(scan=_scan(request, library, scan_id), actor=request.user)
    except DomainError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("The scan is being cancelled."))
    return redirect("libraries:scan", library_id, scan_id)


@require_safe
@never_cache
@policy(Access.ADMIN)
@vary_on_headers("HX-Request")
def folders(request: AuthenticatedRequest) -> HttpResponse:
    """The server's folders at `path`; as a part: for the forms in which one is chosen."""
    context: dict[str, object] = {}
    try:
        context["listing"] = server.browse(request.GET.get("path", ""))
    except InvalidInputError as error:
        context["refusal"] = error.message
    template = "libraries/partials/folders.html" if request.htmx else "libraries/folders.html"
    return render(request, template, context, status=400 if "refusal" in context else 200)


def _to_scan(request: AuthenticatedRequest, library_id: UUID) -> Library:
    try:
        return selectors.library_get_as(
            user=request.user, permission=Permission.LIBRARIES_SCAN, library_id=library_id
        )
    except NotFoundError as error:
        raise Http404 from error
    except ForbiddenError as error:
        raise PermissionDenied from error


def _scan(request: AuthenticatedRequest, library: Library, scan_id: UUID) -> LibraryScan:
    try:
        return selectors.scan_get(user=request.user, library_id=library.pk, scan_id=scan_id)
    except NotFoundError as error:
        raise Http404 from error
