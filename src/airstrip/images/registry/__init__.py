"""Pushing an OCI layout into a registry, by the distribution protocol over HTTP.

destination.py  REGISTRY/REPOSITORY[:TAG], as a value
logins.py       who to log in as: docker's configuration and its credential helpers
session.py      requests, with whichever login the registry asks for
push.py         the course: the tag, the blobs that it does not have, the manifest
held.py         which repository has which blob, as earlier pushes left it: for mounts
"""
