"""The two processes that hold a node: the keeper on the host, and pid 1 of the node's namespaces.

Runs alone from an archive in the node's state (`python3 -I -S supervisor.pyz`), without our
environment: only the standard library and relative imports in here.
"""
