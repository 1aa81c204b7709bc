from apps.core.entity import Entity
from apps.core.jobs.models import Job, JobMessage, JobState

__all__ = ["Entity", "Job", "JobMessage", "JobState"]
