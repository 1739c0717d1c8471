"""The supervisor as one file in the state folder: a running node outlives the code that started it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

_SOURCE = Path(__file__).parent / "supervisor"
_MAIN = "import sys\nfrom supervisor.entry import main\nsys.exit(main(sys.path[0], sys.argv[1:]))\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_archive() -> bytes:
    """A zip that Python runs; the same sources give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", _EPOCH), _MAIN)
        for source in sorted(_SOURCE.glob("*.py")):
            archive.writestr(zipfile.ZipInfo(f"supervisor/{source.name}", _EPOCH), source.read_bytes())
    return buffer.getvalue()


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file as a whole or not at all; readable by everyone."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    temporary.chmod(0o644)
    temporary.replace(path)


def digest(*contents: bytes) -> str:
    """One digest of several contents, in their order."""
    result = hashlib.sha256()
    for content in contents:
        result.update(hashlib.sha256(content).digest())
    return result.hexdigest()
