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
REHEARSAL_SECONDS = 900.0
LOAD_SECONDS = 60
TARGETS = 7


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
    """A minute of load through the vendors' APIs, judged; once `rehearse load` takes an estate that is up."""
    if "--estate" not in project.offers("load"):
        say("    left out: `rehearse load` has no --estate yet")
        return
    output = engine.scratch / "load.txt"
    with output.open("w") as said:
        words = ["load", "--estate", "/estate/estate.json", "--duration", str(LOAD_SECONDS)]
        running = project.begin(said, *words, "--json", "/reports/load.json")
        try:
            running.wait(REHEARSAL_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"The load did not end:\n{tail(output)}") from None
        finally:
            running.kill()
            running.wait()
    if running.returncode:
        raise Failed(f"The load ended with {running.returncode}:\n{tail(output, 40)}")
    say(f"    verdict {project.report('load.json')['verdict']}")


def measure(project: Project) -> None:
    """Prometheus reads its configuration, knows every mock and core, and says which of them answer it."""
    project.up("prometheus", profile="observability")
    project.wait_healthy(["prometheus"])
    time.sleep(5)
    told = json.loads(
        project.inside("prometheus", "wget", "-q", "-O", "-", "http://127.0.0.1:9090/api/v1/targets")
    )
    targets = told["data"]["activeTargets"]
    if len(targets) != TARGETS:
        raise Failed(f"Prometheus knows {len(targets)} targets, not {TARGETS}.")
    up = sorted(target["labels"]["instance"] for target in targets if target["health"] == "up")
    say(f"    {len(up)} of {TARGETS} targets answer: {', '.join(up) or 'none'}")


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
