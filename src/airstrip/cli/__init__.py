"""The command line: parse, call the facade, render. The only importer of typer and rich.

Holds no logic of its own: whatever a verb does, `airstrip.deployment` does. Heavy modules are
imported inside the verbs that need them, so that `--help` stays quick.
"""
