"""A cluster that somebody else runs: `context` and `onprem`. Asks it what it has; makes namespaces and volumes only."""
