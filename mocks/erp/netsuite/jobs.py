"""Asynchronous requests: taken in with 202, done a moment later, their results kept (wire 4.3, async).

An idempotency key counts only here; on a synchronous request the account ignores it.
"""

import json
from collections.abc import Callable
from typing import Any

from mocks.erp.netsuite.errors import error_reply, no_such_record, refuse, user_error
from mocks.erp.netsuite.lookups import next_id
from mocks.erp.netsuite.wire import instant, json_reply, self_link
from mocks.kit.calls import Call, Refusal, Reply
from mocks.kit.store import Record
from mocks.kit.world import World

JOB_ROOT = "/services/rest/async/v1/job"
DELAY_MS = 1000
RUN = "job"
TASK = "1"
_KEPT_HEADERS = ("host", "content-type", "x-netsuite-propertynamevalidation", "traceparent")

Server = Callable[[Call], Reply]


def is_wanted(call: Call) -> bool:
    """Whether a request asks to be done asynchronously."""
    preferences = call.headers.get("prefer", "").lower().split(",")
    return "respond-async" in (preference.strip() for preference in preferences)


def take_in(call: Call) -> Reply:
    """Accept a request for later; a repeated idempotency key leads to the first one's job."""
    world = call.world
    key = call.headers.get("x-netsuite-idempotency-key")
    try:
        body = call.body.decode()
    except UnicodeDecodeError as problem:
        raise refuse("INVALID_CONTENT", "Invalid content in the request body.") from problem
    with world.store.transaction():
        known = world.store.find("asyncjob", "idempotencykey", key) if key else []
        if known:
            raise Refusal(_repeated(call, known[0].id))
        job_id = next_id(world, "asyncjob")
        request = {
            "method": call.method,
            "path": call.path,
            "query": call.query_string,
            "headers": {name: call.headers[name] for name in _KEPT_HEADERS if name in call.headers},
            "body": body,
            "scheme": call.scheme,
            "parameters": call.path_parameters,
        }
        world.store.insert(
            "asyncjob",
            job_id,
            {"idempotencykey": key, "progress": "pending", "request": json.dumps(request, sort_keys=True)},
            world.commit_ms(),
        )
        world.store.add_due(world.now_ms() + DELAY_MS, RUN, job_id)
    reply = Reply(202)
    reply.headers += [("preference-applied", "respond-async"), ("location", _job_url(call, job_id))]
    return reply


def _repeated(call: Call, job_id: str) -> Reply:
    reply = error_reply(
        400,
        "IDEMPOTENCY_ERROR",
        "A request with this idempotency key has been accepted already.",
        title="Conflict",
        path="X-NetSuite-Idempotency-Key",
        kind="o:errorHeader",
    )
    reply.headers.append(("location", _job_url(call, job_id)))
    return reply


def run(world: World, job_id: str, serve: Server) -> None:
    """Do the request of a job as the synchronous call would have been done."""
    job = world.store.get("asyncjob", job_id)
    if job is None or job.values["progress"] != "pending":
        return
    request: dict[str, Any] = json.loads(str(job.values["request"]))
    call = Call(
        request["method"],
        request["path"],
        request["query"],
        request["headers"],
        request["body"].encode(),
        request["scheme"],
    )
    call.world = world
    call.path_parameters = request["parameters"]
    try:
        reply = serve(call)
    except Refusal as refusal:
        reply = refusal.reply
    world.store.update(
        "asyncjob",
        job_id,
        {
            "progress": "succeeded" if reply.status < 400 else "failed",
            "status": reply.status,
            "content_type": reply.content_type,
            "body": reply.body.decode(),
            "location": next((value for name, value in reply.headers if name == "location"), None),
            "ended_ms": world.commit_ms(),
        },
        world.commit_ms(),
    )


def _job_url(call: Call, job_id: str) -> str:
    return f"{call.base_url}{JOB_ROOT}/{job_id}"


def _job(call: Call) -> Record:
    job = call.world.store.get("asyncjob", call.path_parameters["job_id"])
    if job is None or call.path_parameters.get("task_id", TASK) != TASK:
        raise no_such_record()
    return job


def show_job(call: Call) -> Reply:
    """How far a job is."""
    job = _job(call)
    url = _job_url(call, job.id)
    return json_reply(
        {
            "links": self_link(url),
            "completed": job.values["status"] is not None,
            "id": job.id,
            "progress": job.values["progress"],
            "task": {"links": self_link(f"{url}/task")},
        }
    )


def show_tasks(call: Call) -> Reply:
    """The tasks of a job: always one."""
    job = _job(call)
    url = f"{_job_url(call, job.id)}/task"
    items = [{"links": self_link(f"{url}/{TASK}"), "id": TASK}]
    return json_reply({"links": self_link(url), "items": items, "totalResults": len(items)})


def show_task(call: Call) -> Reply:
    """How far a task is."""
    job = _job(call)
    url = f"{_job_url(call, job.id)}/task/{TASK}"
    ended = job.values["ended_ms"]
    task = {
        "links": [*self_link(url), {"rel": "result", "href": f"{url}/result"}],
        "completed": ended is not None,
        "id": TASK,
        "progress": job.values["progress"],
        "startTime": instant(job.created_ms),
    }
    if ended is not None:
        task["endTime"] = instant(int(ended))
    return json_reply(task)


def show_result(call: Call) -> Reply:
    """What the synchronous call would have answered."""
    job = _job(call)
    values = job.values
    if values["status"] is None:
        raise user_error("The task is not completed yet.")
    reply = Reply(int(values["status"]), str(values["body"] or "").encode(), str(values["content_type"]))
    if values["location"] is not None:
        reply.headers.append(("location", str(values["location"])))
    return reply
