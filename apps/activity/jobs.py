from typing import TYPE_CHECKING, Final, cast

from apps.activity import services
from apps.activity.actions import Action
from apps.core.jobs.interventions import Intervention, Kind

if TYPE_CHECKING:
    from apps.users.models import User

_ACTIONS: Final = {
    Kind.CANCEL: Action.JOB_CANCEL,
    Kind.RETRY: Action.JOB_RETRY,
    Kind.RUN: Action.SCHEDULE_RUN,
    Kind.CHANGE: Action.SCHEDULE_UPDATE,
}


def record(intervention: Intervention) -> None:
    """What somebody has done to a job or a schedule by hand."""
    services.record(
        _ACTIONS[intervention.kind],
        actor=cast("User", intervention.user),
        resource_type="job" if intervention.job_id else "schedule",
        resource_id=intervention.job_id,
        metadata={"name": intervention.name},
    )
