"""The images of docker-compose.yml: pulled where a registry answers, stood in for by Debian where none does.

A stand-in has the official image's name, user and folders, and is kept in podman's own storage for the next
run. Grafana is in no Debian, so its service is left out here.
"""

import ast
import hashlib
import re
import sys
from pathlib import Path

from tests.containers.engine import Engine, say

ROOT = Path(__file__).resolve().parents[2]
STANDINS = Path(__file__).parent / "standins"
BASE = "python:3.11-slim-bookworm"
RECIPES = {"postgres:15-bookworm": "postgres", "prom/prometheus:v2.53.5": "prometheus"}
OURS = "dress-rehearsal:0.1.0"
LABEL = "rehearse.stand-in"
DEBIAN = ("python3", "python3-venv", "python3-pip", "python-is-python3", "ca-certificates")
PULL_SECONDS = 300.0


def provide_images(engine: Engine) -> None:
    """Every image that the compose file names, but Grafana's."""
    if not _is_there(engine, BASE, "base"):
        _import_debian(engine)
    for name, recipe in RECIPES.items():
        text = "".join(path.read_text() for path in sorted(STANDINS.glob(f"{recipe}.*")))
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        if _is_there(engine, name, digest):
            continue
        say(f"    {name} is stood in for by Debian's")
        command = [
            "podman",
            "build",
            "--quiet",
            "--network",
            "host",
            "--pull=never",
            "--label",
            f"{LABEL}={digest}",
        ]
        command += ["--tag", f"localhost/{name}", "--file", f"{recipe}.Containerfile", "."]
        engine.run(command, cwd=STANDINS)


def _is_there(engine: Engine, name: str, digest: str) -> bool:
    """Whether it is in the storage, as the stand-in of this recipe or as the real one, or can be pulled."""
    template = '{{index .Config.Labels "' + LABEL + '"}}'
    found = engine.attempt(["podman", "image", "inspect", "--format", template, name])
    if found.returncode == 0:
        return found.stdout.strip() in (digest, "", "<no value>")
    return engine.attempt(["podman", "pull", "--quiet", name], seconds=PULL_SECONDS).returncode == 0


def _import_debian(engine: Engine) -> None:
    say(f"    {BASE} is stood in for by Debian's own Python")
    root, packed = engine.scratch / "debian", engine.scratch / "debian.tar"
    include = f"--include={','.join(DEBIAN)}"
    engine.run(["debootstrap", "--variant=minbase", include, "bookworm", str(root)])
    engine.run(["tar", "-C", str(root), "-cf", str(packed), "."])
    label = ["--change", f"LABEL {LABEL}=base", "--change", 'CMD ["python3"]']
    engine.run(["podman", "import", "--quiet", *label, str(packed), f"localhost/{BASE}"])
    packed.unlink()


def build(engine: Engine) -> None:
    """Our own image; what this machine's pip is told is lent to the build and stays out of the image."""
    command = ["podman", "build", "--network", "host", "--pull=never", "--tag", OURS]
    for path, inside in _lent(engine):
        command += ["--volume", f"{path}:{inside}:ro"]
    engine.run([*command, "."], cwd=ROOT)


def _lent(engine: Engine) -> list[tuple[Path, str]]:
    """The settings of pip here as one file, and the local folders and certificates that they name."""
    told = engine.run([sys.executable, "-m", "pip", "config", "list"])
    settings = dict(re.findall(r"^[\w:]+\.([\w-]+)=('.*')$", told, re.MULTILINE))
    lines, lent = ["[global]"], []
    for name, quoted in sorted(settings.items()):
        value = str(ast.literal_eval(quoted))
        lines.append(f"{name} = {' '.join(value.split())}")
        for word in value.split():
            path = Path(word.removeprefix("file://"))
            if path.is_absolute() and path.exists():
                # an index of files points to packages beside it
                shared = path.parent if word.startswith("file://") and path.parent != Path("/") else path
                lent.append((shared, str(shared)))
    target = engine.scratch / "pip.conf"
    target.write_text("\n".join(lines) + "\n")
    return [(target, "/etc/pip.conf"), *dict.fromkeys(lent)]
