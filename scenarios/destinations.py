"""Whether results can be written where they are wished: asked before the work, not after it.

Nothing is made by asking: a run that is refused for another reason leaves no empty folder behind.
"""

import contextlib
import os
import tempfile
from pathlib import Path


class Unwritable(Exception):
    """Nothing can be written there; the text is one sentence."""


def check_folder(option: str, folder: Path) -> None:
    """Raise Unwritable unless `folder` is, or can be made, a folder that takes files."""
    try:
        with tempfile.TemporaryFile(dir=_standing(folder)):
            pass
    except OSError as problem:
        raise Unwritable(
            f"{option} {folder} is no folder that can be written to: {problem.strerror}."
        ) from problem


def _standing(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(FileNotFoundError):
            place.lstat()
            return place
    return folder


def check_file(option: str, path: Path) -> None:
    """Raise Unwritable unless a file can be written at `path`, whose folder must be there."""
    if path.is_dir():
        raise Unwritable(f"{option} {path} cannot be written: it is a folder.")
    try:
        if os.path.lexists(path):
            path.open("r+b").close()
            return
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as problem:
        raise Unwritable(f"{option} {path} cannot be written: {problem.strerror}.") from problem
