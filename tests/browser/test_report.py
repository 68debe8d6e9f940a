"""The report of a failed run, as a browser shows it: verdict, timeline and the witnesses with their calls."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mocks.kit.store import Store
from scenarios.catalogue import scenario_named
from scenarios.estate import Estate
from scenarios.options import Hooks, Options
from scenarios.rehearse import run
from scenarios.report.chronicle import Chronicle
from scenarios.report.page import page
from scenarios.simulation.estate import SimulatedEstate

SCENARIO = scenario_named("deal-to-cash")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


async def _a_unit_more(estate: Estate) -> None:
    assert isinstance(estate, SimulatedEstate)
    erp: Store = estate.mocks["erp"].worlds["default"].store
    invoice = erp.find("transaction", "type", "CustInvc")[0]
    line = next(
        line
        for line in erp.find("transactionline", "transaction", invoice.id)
        if line.values["linetype"] == "item"
    )
    amount = line.values["foreignamount"]
    assert isinstance(amount, int)
    erp.update("transactionline", line.id, {"foreignamount": amount + 1_000_000}, line.modified_ms)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run whose invoice was changed before it was judged."""
    chronicle = Chronicle()
    options = Options(seed=1, plan=SCENARIO.plans["small"], witness_calls=True)
    result, ended = run(SCENARIO, options, Hooks(listener=chronicle, before_judging=_a_unit_more))
    assert result["verdict"] == "fail"
    path = tmp_path_factory.mktemp("report") / "index.html"
    path.write_text(page(result, chronicle, ended.evidence), encoding="utf-8")
    return path


def _shown(path: Path, folder: Path) -> str:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert browser is not None, (
        f"This test opens the report in a browser; install one of {', '.join(BROWSERS)}."
    )
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += ["--no-first-run", f"--user-data-dir={folder}", "--dump-dom", path.as_uri()]
    done = subprocess.run(
        command, capture_output=True, timeout=60, check=True, env={**os.environ, "HOME": str(folder)}
    )
    return done.stdout.decode()


@pytest.mark.xdist_group("browser")
def test_browser__shows_verdict_timeline_and_witnesses(report: Path, tmp_path: Path) -> None:
    dom = _shown(report, tmp_path)
    assert "FAIL" in dom.split('id="verdict"')[1][:300]
    timeline = dom.split('id="timeline"')[1].split("</section>")[0]
    assert timeline.count("<svg") >= 10
    witnesses = dom.split('id="witnesses"')[1].split("</section>")[0]
    assert "IN|US01|" in witnesses
    assert "erp:invoice:" in witnesses


def test_calls_behind_the_invoice__are_on_the_page(report: Path) -> None:
    witnesses = report.read_text(encoding="utf-8").split('id="witnesses"')[1].split("</section>")[0]
    invoice = witnesses.split("<b>erp:invoice:")[1].split('class="witness"')[0]
    assert "POST /services/rest/record/v1/invoice" in invoice
    assert "erp-invoice-answer-lost" in invoice
