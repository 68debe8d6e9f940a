"""What the account does by itself when its time has come: approvals, asynchronous jobs."""

from mocks.erp.netsuite import jobs, posting
from mocks.erp.netsuite.serving import serve_record
from mocks.kit.world import World


def run_due(world: World) -> int:
    """Do everything due by now, in one transaction; returns how much it was."""
    now_ms = world.now_ms()
    first_ms = world.store.next_due_ms()
    if first_ms is None or first_ms > now_ms:
        return 0
    with world.store.transaction():
        taken = world.store.take_due(now_ms)
        approvals = [(at_ms, payload) for at_ms, kind, payload in taken if kind == posting.APPROVE]
        done = posting.approve_due(world, approvals, world.commit_ms())
        for _, kind, job_id in taken:
            if kind == jobs.RUN:
                jobs.run(world, job_id, serve_record)
                done += 1
    return done
