"""The node's programs as values: from a `NodeConfig` to command lines, needs and probes. Pure functions only."""

from airstrip.embedded.components.graph import build_components, build_network, build_plan
from airstrip.embedded.components.node_programs import STORAGE_CLASS

__all__ = ["STORAGE_CLASS", "build_components", "build_network", "build_plan"]
