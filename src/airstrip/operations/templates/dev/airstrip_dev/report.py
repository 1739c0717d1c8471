"""How the programs in this folder tell Airstrip of what happens: lines of JSON behind a mark, between those of the log.

One stream, so that what a task prints stands where it belongs. The mark is new for each run.
"""

import json
import os
import sys
import traceback

_mark = os.environ.pop("AIRSTRIP_DEV_MARK", "")


def request():
    """What is asked for: read to its end, so that tasks have none of it."""
    return json.loads(sys.stdin.buffer.read())


def tell(event, **fields):
    sys.stdout.flush()
    line = f"{_mark}{json.dumps({'event': event, **fields}, default=str)}\n".encode()
    while line:
        line = line[os.write(1, line) :]


def error_fields(error, folder):
    """An exception in a few words, with the last place in the user's own files."""
    if not isinstance(error, BaseException):
        return {"type": "", "message": str(error or ""), "file": "", "line": 0}
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_below(frame.filename, folder)]
    file, line = (own[-1].filename, own[-1].lineno) if own else ("", 0)
    return {"type": type(error).__name__, "message": str(error), "file": file, "line": line}


def is_below(file, folder):
    return os.path.realpath(file).startswith(os.path.realpath(folder) + os.sep)
