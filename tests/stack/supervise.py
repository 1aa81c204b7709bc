"""A supervisor of one part, to be killed; prints the part's process group and the guardian's id."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from revenge.stack import folders, leftovers, record, supervisor
from revenge.stack.child import Child
from revenge.stack.logs import LogWriter
from revenge.stack.parts import Part, StopStep


async def main(data: Path) -> None:
    made = folders.prepare(data)
    guardian = supervisor.start_guardian(made)

    def changed(child: Child) -> None:
        parts = (record.PartRecord("part", child.state, child.pid, child.started, 0, 0),)
        state = record.StackRecord(os.getpid(), leftovers.boot_id(), "", parts)
        record.write_state(made.data, state)

    part = Part(
        name="part",
        command=(
            "/bin/sh",
            "-c",
            "sh -c 'trap \"\" TERM; while :; do sleep 1; done' & echo up; wait",
        ),
        environment={"PATH": os.defpath},
        directory=data,
        log=made.logs / "part.log",
        stops=(StopStep(signal.SIGTERM, 5),),
        ready_line=re.compile("up"),
    )
    child = Child(part, logs=LogWriter(), changed=changed)
    child.start()
    await child.ready()
    sys.stdout.write(f"{child.pid} {guardian.pid}\n")
    sys.stdout.flush()
    await asyncio.sleep(3600)


asyncio.run(main(Path(sys.argv[1])))
