"""The node's programs: found (variable, wheel, cache) or compiled from packages/airstrip-node.

Knows files and Go, nothing of how the node runs. `find_binaries` looks, `build_binaries` compiles,
`check_build` says what compiling would need. Imports process, events, errors, file_lock and
embedded.host_packages only.
"""

from airstrip.embedded.binaries.build import build_binaries
from airstrip.embedded.binaries.check import BuildCheck, check_build, missing_packages
from airstrip.embedded.binaries.folder import Binaries
from airstrip.embedded.binaries.search import find_binaries, prune_binaries

__all__ = [
    "Binaries",
    "BuildCheck",
    "build_binaries",
    "check_build",
    "find_binaries",
    "missing_packages",
    "prune_binaries",
]
