"""`make containers`: build, bring up, rehearse while a core is killed, load, measure, take down."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.containers.engine import Engine, Failed, NoEngine, provide, say, timed
from tests.containers.images import build, provide_images
from tests.containers.project import Project, tail

VICTIM = "core-1"
WORKS_ON_SECONDS = 4.0  # long enough for the rehearsal to be in the middle of its month
DEAD_SECONDS = 5.0
UNKNOWN = 3  # what `rehearse` ends with when the verdict is unknown
REHEARSAL_SECONDS = 900.0
LOAD_SECONDS = 60
WORK_SECONDS = 180.0  # a minute of people at work, with what is around it
TARGETS = 7
SCRAPE_SECONDS = 60.0


def rehearse(project: Project, engine: Engine) -> None:
    """deal-to-cash under its faults, judged from a container; a core is killed in the middle of it."""
    words = ["run", "deal-to-cash", "--faults", "small", "--estate", "/estate/estate.json", "--json"]
    output = engine.scratch / "rehearsal.txt"
    with output.open("w") as said:
        running = project.begin(said, *words, "/reports/deal.json")
        try:
            _kill_in_the_middle(project, running)
            running.wait(REHEARSAL_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"The rehearsal did not end:\n{tail(output)}") from None
        finally:
            running.kill()
            running.wait()
    if running.returncode:
        raise Failed(
            f"The rehearsal ended with {running.returncode}:\n{tail(output, 40)}\n{project.log(VICTIM)}"
        )
    result = project.report("deal.json")
    say(f"    verdict {result['verdict']}; {json.dumps(result['http'])}; {json.dumps(result['timing'])}")


def _kill_in_the_middle(project: Project, running: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 120
    while not project.is_rehearsing():
        if running.poll() is not None or time.monotonic() > deadline:
            return  # the caller tells what it said
        time.sleep(0.2)
    project.wait_healthy([VICTIM, "core-2"])
    time.sleep(WORKS_ON_SECONDS)
    project.kill(VICTIM)
    if running.poll() is not None:
        raise Failed(f"The rehearsal was over before {VICTIM} was killed: nothing was shown.")
    say(f"    {VICTIM} was killed; core-2 works on alone for {DEAD_SECONDS:.0f} s")
    time.sleep(DEAD_SECONDS)
    if running.poll() is not None:
        say("    the rehearsal ended without it")
    project.start_again(VICTIM)


def load(project: Project, engine: Engine) -> None:
    """A minute of load through the vendors' APIs, with a core killed in the middle, and the verdict on it."""
    output = engine.scratch / "load.txt"
    with output.open("w") as said:
        words = ["load", "--estate", "/estate/estate.json", "--duration", str(LOAD_SECONDS)]
        running = project.begin(said, *words, "--json", "/reports/load.json")
        try:
            _kill_in_the_storm(project, running, output)
            running.wait(REHEARSAL_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"The load did not end:\n{tail(output)}") from None
        finally:
            running.kill()
            running.wait()
    if running.returncode not in (0, UNKNOWN):
        raise Failed(f"The load ended with {running.returncode}:\n{tail(output, 40)}")
    result = project.report("load.json")
    # A core that is away for seconds of a minute cannot be looked at: that alone may be doubted here.
    if running.returncode == UNKNOWN and not all(f"looks at {VICTIM} " in one for one in result["reasons"]):
        raise Failed(f"The load is in doubt: {result['reasons']}")
    say(f"    verdict {result['verdict']}; {json.dumps(result['reasons'])}; {json.dumps(result['timing'])}")


def _kill_in_the_storm(project: Project, running: "subprocess.Popen[str]", output: Path) -> None:
    deadline = time.monotonic() + REHEARSAL_SECONDS
    while "The storm" not in output.read_text(errors="replace"):
        if running.poll() is not None or time.monotonic() > deadline:
            return  # the caller tells what it said
        time.sleep(0.2)
    time.sleep(LOAD_SECONDS / 2)
    project.kill(VICTIM)
    say(f"    {VICTIM} was killed in the middle of the load, and is started again")
    project.start_again(VICTIM)


def people_at_work(project: Project) -> None:
    """Locust as the compose file has it, one master and two workers, until all work laid out is done."""
    say(f"    {project.beside('python', '-m', 'tests.containers.work', 'lay').strip()}")
    project.up("locust", "locust-worker", profile="load")
    said = project.wait_ended("locust", WORK_SECONDS)
    told = project.beside("python", "-m", "tests.containers.work", "tell", tolerated=(1,))
    for line in told.splitlines():
        say(f"    {line}")
    done, _, deeds = told.split(" deeds done")[0].partition(" of ")
    if done != deeds or not int(deeds or 0):
        raise Failed(f"Not all work was done:\n{said}\n{project.log('locust-worker')}")


def measure(project: Project) -> None:
    """Prometheus reads its configuration, and every mock and every core answers it."""
    project.up("prometheus", profile="observability")
    project.wait_healthy(["prometheus"])
    address = "http://127.0.0.1:9090/api/v1/targets"
    deadline = time.monotonic() + SCRAPE_SECONDS
    while True:
        told = project.inside("prometheus", "wget", "-q", "-O", "-", address)
        targets = json.loads(told)["data"]["activeTargets"]
        silent = {one["labels"]["instance"]: one["lastError"] for one in targets if one["health"] != "up"}
        if len(targets) == TARGETS and not silent:
            break
        if time.monotonic() > deadline:
            raise Failed(f"Of {len(targets)} targets Prometheus does not hear: {silent}")
        time.sleep(1)
    say(f"    Prometheus hears all {TARGETS} mocks and cores")


def _in_an_estate(
    engine: Engine, timings: dict[str, float], what: str, steps: list[Callable[[Project], None]]
) -> None:
    project = Project(engine)
    try:
        with timed(f"up for {what}", timings):
            project.up()
            project.wait_healthy()
        with timed(what, timings):
            for step in steps:
                step(project)
    finally:
        with timed(f"down after {what}", timings):
            project.down()


def main() -> int:
    """0 when all went well or nothing can be run here, 1 with what went wrong."""
    timings: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="rehearse-containers-") as folder:
        try:
            with timed("engine", timings):
                engine = provide(Path(folder))
                engine.install_compose()
            with timed("images", timings):
                provide_images(engine)
            with timed("build", timings):
                build(engine)
            _in_an_estate(engine, timings, "rehearsal", [lambda project: rehearse(project, engine), measure])
            _in_an_estate(engine, timings, "load", [lambda project: load(project, engine)])
            _in_an_estate(engine, timings, "locust", [people_at_work])
        except NoEngine as reason:
            say(f"Skipped: {reason}")
            return 0
        except Failed as failed:
            say(f"FAILED: {failed}")
            return 1
        finally:
            for what, seconds in timings.items():
                say(f"{seconds:8.1f} s  {what}")
    say("Containers: pass")
    return 0


if __name__ == "__main__":
    sys.exit(main())
