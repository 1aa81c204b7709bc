class JobCancelledError(Exception):
    """Somebody has cancelled the job, or it was taken from this process: it is to stop."""


class JobInterruptedError(Exception):
    """The worker is being stopped: the job goes on where one starts next."""
