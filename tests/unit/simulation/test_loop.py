"""The deterministic loop: virtual time, seeded order, no threads, honest about being stuck."""

import asyncio
import threading

import pytest

from scenarios.simulation.loop import Stuck, ThreadStarted, run_deterministically


async def _race(names: str) -> str:
    order: list[str] = []

    async def runner(name: str) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
            order.append(name)

    await asyncio.gather(*(runner(name) for name in names))
    return "".join(order)


def test_sleep__passes_in_no_time_and_in_order() -> None:
    async def main() -> tuple[float, list[str]]:
        woken: list[str] = []

        async def sleeper(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            woken.append(name)

        await asyncio.gather(sleeper("b", 86_400.0), sleeper("a", 3_600.0))
        return asyncio.get_running_loop().time(), woken

    assert run_deterministically(main, 1) == (86_400.0, ["a", "b"])


def test_order__is_the_same_for_a_seed_and_differs_between_seeds() -> None:
    orders = [run_deterministically(lambda: _race("abcd"), seed) for seed in (1, 1, 2, 3, 4)]
    assert orders[0] == orders[1]
    assert len(set(orders)) > 2


def test_unshuffled__keeps_first_come_first_served() -> None:
    assert run_deterministically(lambda: _race("ab"), 1, shuffle=False) == "ababab"


def test_waiting_for_what_never_comes__is_named() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck, match="task-1"):
        run_deterministically(main, 1)


def test_thread__is_refused() -> None:
    async def main() -> None:
        threading.Thread(target=print).start()

    with pytest.raises(ThreadStarted):
        run_deterministically(main, 1)


def test_executor__runs_inline() -> None:
    async def main() -> int:
        return await asyncio.get_running_loop().run_in_executor(None, threading.get_ident)

    assert run_deterministically(main, 1) == threading.get_ident()


def test_timeout__strikes_in_virtual_time() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(100), 7)
        return asyncio.get_running_loop().time()

    assert run_deterministically(main, 1) == 7
