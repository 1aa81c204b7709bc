"""Work for later: `declare` a task, `outbox.enqueue` it, `tracking.report` how far it is."""
