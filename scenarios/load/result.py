"""From the course of a load run to one verdict and the plain data that `--json` writes."""

import math
from typing import Any

from msgspec import structs

from load import shapes
from scenarios.live.gauges import Point, Series
from scenarios.load import figures
from scenarios.load.figures import Span, Tempo
from scenarios.load.run import Course
from scenarios.load.slo import Measured, hold
from scenarios.load.slo import verdict_of as verdict_of_promises
from scenarios.load.storm import Ended
from scenarios.load.told import Told
from scenarios.report.summary import summary

GIVEN_UP_PER_CENT = 2  # so many deeds may be left for later without a doubt about the load
MISSED_PER_CENT = 10  # so many looks at a process may go unanswered
_WORST = {"pass": 0, "unknown": 1, "fail": 2}


def result_of(course: Course, timing: dict[str, float]) -> dict[str, Any]:
    """What `rehearse run` writes too, with the load beside it and the worst of all verdicts."""
    wishes = course.wishes
    plain = summary(
        course.rehearsal,
        course.judged,
        mode="live",
        subject="core",
        replay=wishes.replay,
        timing=timing,
    )
    operations = figures.operations(course.attempts)
    tiers = _tiers(course)
    promises = hold(wishes.slo, tiers, course.drained_seconds, figures.failed_per_mille(operations))
    kept, broken = verdict_of_promises(promises)
    doubts = doubts_of(course)
    verdict = worst(plain["verdict"], kept, "unknown" if doubts else "pass")
    return {
        **plain,
        "scenario": "month-end under load",
        "verdict": verdict,
        "reasons": [*plain["reasons"], *broken, *doubts],
        "load": {
            "shape": wishes.shape,
            "users": wishes.users,
            "duration": wishes.duration_seconds,
            "workers": wishes.workers,
            "load_workers": wishes.load_workers,
            "database": "SQLite" if wishes.workers == 1 and wishes.database_url is None else "PostgreSQL",
            "deeds": _deeds(course),
            "operations": operations,
            "slo": [structs.asdict(promise) for promise in promises],
            "tiers": {name: _shown(one) for name, one in tiers.items()},
            "lag": _lag(tiers["transaction_sync"]),
            "drained_seconds": None if course.drained_seconds is None else round(course.drained_seconds, 2),
            "backlog": figures.thinned(figures.backlog(_cores(course))),
            "phases": _phases(course),
            "processes": figures.processes(course.series),
            "transactions": figures.database(_cores(course), _storm_span(course)),
            "events": [] if course.ended is None else list(course.ended.events),
            "series": _series(course),
        },
    }


def worst(*verdicts: str) -> str:
    """The worst of some verdicts."""
    return max(verdicts, key=lambda verdict: _WORST[verdict])


def doubts_of(course: Course) -> list[str]:
    """Why nobody can say whether this was the load that was wished for, one sentence each."""
    if course.ended is None or course.told is None:
        return ["There was no storm, or nobody could see what became of it."]
    doubts = list(course.ended.doubts)
    doubts += _of_deeds(course.told, len(course.ended.deeds))
    disturbed = {one.what.rpartition("kill-")[2].removeprefix("mock-") for one in course.wishes.disturbances}
    if not any(one.what == "stop-database" for one in course.wishes.disturbances):
        doubts += _holes(course.ended, disturbed)
    return doubts


def _of_deeds(told: Told, deeds: int) -> list[str]:
    doubts = []
    if not deeds:
        doubts.append("There was nothing for people to do.")
    if told.not_attempted:
        doubts.append(f"{len(told.not_attempted)} of {deeds} deeds were never attempted by anybody.")
    if 100 * len(told.given_up) > GIVEN_UP_PER_CENT * deeds:
        why = next(iter(told.given_up.values()))
        doubts.append(f"{len(told.given_up)} of {deeds} deeds were given up, the first because {why}.")
    return doubts


def _holes(ended: Ended, disturbed: set[str]) -> list[str]:
    looks = max(1, round(ended.seconds))
    return [
        f"{missed} of about {looks} looks at {name} went unanswered during the storm."
        for name, missed in sorted(ended.missed.items())
        if name not in disturbed and 100 * missed > MISSED_PER_CENT * looks
    ]


# --- figures ----------------------------------------------------------------------------------------


def _cores(course: Course) -> list[Series]:
    return [one for name, one in sorted(course.series.items()) if name.startswith("core-")]


def _storm_span(course: Course) -> Span:
    """From the beginning of the storm until everything was drained."""
    spans = {phase.name: phase.span for phase in course.phases}
    if "storm" not in spans:
        return Span(from_ms=0, until_ms=0)
    until = spans.get("drain", spans["storm"]).until_ms
    return Span(from_ms=spans["storm"].from_ms, until_ms=until + 1_500)  # the look after it


def _tiers(course: Course) -> dict[str, Measured]:
    unknown = Measured(count=0, is_known=False)
    if course.ended is None:
        names = ("customer_creation", "project_provisioning", "transaction_sync", "invoice_posting")
        return dict.fromkeys(names, unknown)
    clock, evidence = course.ended.clock, course.judged.evidence
    tempo = Tempo(
        from_ms=course.storm.from_ms,
        stopped_ms=course.ended.stopped_ms,
        factor=clock.factor,
        drained_seconds=course.drained_seconds or 0.0,
    )
    cores = _cores(course)
    return {
        **figures.provisioning(evidence.facts, evidence.documents, tempo, evidence.now_ms),
        "transaction_sync": figures.approval_lag(cores, _storm_span(course), clock.factor),
        "invoice_posting": figures.invoice_posting(cores, course.cut_offs),
    }


def _shown(one: Measured) -> dict[str, Any]:
    def plain(value: float | None) -> float | None:
        return None if value is None or math.isinf(value) else round(value, 3)

    return {
        "n": one.count,
        "measured": one.is_known,
        "p50_seconds": plain(one.p50_seconds),
        "p95_seconds": plain(one.p95_seconds),
        "p99_seconds": plain(one.p99_seconds),
    }


def _lag(one: Measured) -> dict[str, float | None]:
    shown = _shown(one)
    return {name: shown[f"{name}_seconds"] for name in ("p50", "p95", "p99")}


def _deeds(course: Course) -> dict[str, int]:
    if course.ended is None or course.told is None:
        return {}
    told = course.told
    return {
        "planned": len(course.ended.deeds),
        "done": told.done,
        "found_later": told.found_later,
        "refused": len(told.refused),
        "given_up": len(told.given_up),
        "not_attempted": len(told.not_attempted),
        "not_over_the_api": len(course.ended.rest),
    }


def _phases(course: Course) -> list[dict[str, Any]]:
    cores = _cores(course)
    rows = []
    for phase in course.phases:
        entries = figures.rated(cores, phase.span)
        rows.append(
            {
                "name": phase.name,
                "seconds": round(phase.seconds, 2),
                "from_seconds": round(phase.span.from_ms / 1000, 1),
                "facts": phase.facts,
                "entries_per_second": round(entries / phase.seconds, 1) if phase.seconds else 0.0,
            }
        )
    return rows


def _series(course: Course) -> dict[str, Any]:
    gauge_began = course.began_wall_ms
    storm = _storm_span(course)
    plan = shapes.Plan(users=course.wishes.users, duration_seconds=course.wishes.duration_seconds)
    shape = shapes.shape_named(course.wishes.shape)
    users = [
        Point(storm.from_ms + 1000 * second, (shape(float(second), plan) or (0, 0.0))[0])
        for second in range(round(course.wishes.duration_seconds) + 1)
    ]
    return {
        "done": figures.per_second(course.attempts, gauge_began),
        "users": figures.thinned(users),
        **figures.lines(course.series),
    }
