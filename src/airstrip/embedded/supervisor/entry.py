"""What the archive runs: `keeper LOG PLAN`, `unit PLAN`, `inner PLAN GATE`, `apply ...`, `volumes ...`."""

from __future__ import annotations

import sys
from pathlib import Path

_PROGRAMS = ("keeper", "unit", "inner", "apply", "volumes")


def main(archive: str, argv: list[str]) -> int:
    """Runs one of the supervisor's programs; returns its exit code.

    Imports what that program needs only: pid 1 and the volume provisioner stay small.
    """
    program, arguments = argv[0], argv[1:]
    if program == "keeper":
        from . import keeper

        return keeper.main(archive, arguments[1], log=Path(arguments[0]))
    if program == "unit":
        from . import keeper

        return keeper.main(archive, arguments[0])
    if program == "inner":
        from . import inner

        return inner.main(arguments[0], int(arguments[1]))
    if program == "apply":
        from . import apply

        return apply.main(*arguments)
    if program == "volumes":
        from . import volumes

        return volumes.main(*arguments)
    print(f"usage: {Path(archive).name} {{{','.join(_PROGRAMS)}}} ...", file=sys.stderr)
    return 2
