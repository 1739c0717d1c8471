"""A clone of this project, as a user would have it: what git knows, and not what was made from it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.landing import ROOT


def copy_project(folder: Path) -> None:
    """Copies the tracked files, with what was changed in them, and new ones that git does not ignore."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        # A file that was removed and not committed yet is listed all the same. A link to a folder is a file to git.
        if (ROOT / name).is_file() or (ROOT / name).is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)
