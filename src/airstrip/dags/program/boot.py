"""Takes a program and DAG files from stdin, and starts the program. Given to `python -c` in the pod of a check.

One line of JSON, then as many bytes of a compressed tar as it says: stdin has no end of its own, because the
exec API cannot close it in every version of Kubernetes.
"""

import json
import sys
import tarfile


class Part:
    """So many bytes of stdin, and no more."""

    def __init__(self, size):
        self.left = size

    def read(self, count):
        data = sys.stdin.buffer.read(min(count, self.left))
        self.left -= len(data)
        return data


options = json.loads(sys.stdin.buffer.readline())
with tarfile.open(fileobj=Part(options["size"]), mode="r|gz") as archive:
    # The caller's own files: links are kept as they are, as a mounted folder would have them.
    archive.extraction_filter = lambda member, _: member
    for member in archive:
        top, _, member.name = member.name.partition("/")
        archive.extract(member, options["folders"][top])
sys.path.insert(0, options["folders"]["program"])

import parse_dags  # noqa: E402 - it has just come

parse_dags.main(options)
