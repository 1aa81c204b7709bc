"""Primary keys: UUID version 7 (RFC 9562), so that new rows lie together in the index."""

import os
import uuid

from uuid_utils import compat, reseed_rng

# Processes that are forked from one must not draw the same numbers.
os.register_at_fork(after_in_child=reseed_rng)


def new_id() -> uuid.UUID:
    return compat.uuid7()
