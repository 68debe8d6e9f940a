"""Worlds as a runner keeps them: snapshot and restore, reset, and data that outlives the process."""

from pathlib import Path

from .estate import HOUR_MS, Estate, opportunity

TARGET = "http://127.0.0.1:9/hooks/s3cr3t"


def test_a_snapshot__brings_everything_back() -> None:
    estate = Estate()
    kept = estate.create("Account", Name="Kept")
    snapshot = estate.control("POST", "snapshot")
    lost = estate.create("Account", Name="Lost")
    estate.control("POST", "restore", snapshot)
    assert estate.names("ORDER BY Name") == ["Kept"]
    assert estate.create("Account", Name="Next") == lost
    assert estate.call("GET", f"/sobjects/Account/{kept}")[0] == 200


def test_a_reset__empties_the_world_and_keeps_its_token_and_target() -> None:
    estate = Estate()
    estate.control("POST", "subscribe", {"url": TARGET})
    estate.create("Account", Name="Lost")
    estate.control("POST", "reset")
    assert estate.names("ORDER BY Name") == []
    made = estate.create("Opportunity", **opportunity(StageName="Commit"))
    estate.call("PATCH", f"/sobjects/Opportunity/{made}", {"StageName": "Closed Won"})
    assert estate.control("GET", "webhooks")["counts"] == {"pending": 1}


def test_data_on_disk__outlives_the_process(tmp_path: Path) -> None:
    before = Estate(tmp_path)
    before.control("POST", "subscribe", {"url": TARGET})
    made = before.create("Opportunity", **opportunity(StageName="Commit"))
    before.call("PATCH", f"/sobjects/Opportunity/{made}", {"StageName": "Closed Won"})
    token = before.tokens["one"]
    before.system.worlds["one"].store.close()
    after = Estate(tmp_path)
    after.tokens["one"] = token
    assert after.call("GET", f"/sobjects/Opportunity/{made}")[1]["IsWon"] is True
    assert after.control("GET", "webhooks")["counts"] == {"pending": 1}
    assert after.query("SELECT COUNT() FROM User")["totalSize"] == 1
    after.step(2 * HOUR_MS)
    assert after.call("GET", "/limits")[0] == 401
