"""Images built by Docker or Podman: a Containerfile from the same lock, and what comes of it as our own layout.

recipe.py    what goes into it; render.py: its text
context.py   the folder that it is built from
settings.py  how uv reaches the package index in there: secrets of the build, which no layer keeps
engine.py    the program's commands and what their failures mean
archive.py   what the program gives back, as layers and a configuration
build.py     all of it in order
"""
