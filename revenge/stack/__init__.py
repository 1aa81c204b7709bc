"""The running stack: engines, web, realtime, workers and the edge, started by `manage.py up`.

Nothing here imports Django, so that the supervisor stays small.
"""

from revenge.stack.keys import stored_secret
from revenge.stack.record import engines_env

__all__ = ["engines_env", "stored_secret"]
