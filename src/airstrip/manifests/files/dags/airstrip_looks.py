"""How the tasks of `./airstrip verify` look about them, from inside their pods. The standard library only."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import pathlib
import re
import runpy
import socket
import ssl
import time
import urllib.error
import urllib.request

TOKEN = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
TIMEOUT = 5.0
# Where a deployment could put a secret. What users put into their own folder and logs is theirs.
ROOTS = ("/etc", "/home", "/mnt", "/opt/airflow", "/root", "/run", "/srv", "/tmp", "/var")
# And whatever is mounted elsewhere, but for what is of the kernel.
MOUNTS = pathlib.Path("/proc/self/mountinfo")
KERNELS = ("/proc", "/sys")
KERNEL_TYPES = {"bpf", "cgroup", "cgroup2", "debugfs", "devpts", "devtmpfs", "mqueue", "proc", "sysfs", "tracefs"}
NOT_LOOKED_AT = {"/opt/airflow/venv", "/opt/airflow/dags", "/opt/airflow/logs"}
# Whatever could be a secret of ours: by itself, in an address, in base64.
WORDS = re.compile(rb"[A-Za-z0-9_+/-]{16,}=*")
LARGEST = 1_000_000
SECONDS = 20.0


def ask(method, path, body=None):
    """What the Kubernetes API answers to this pod: the HTTP status, 0 for no answer, and what came with it."""
    request = urllib.request.Request(f"https://kubernetes.default.svc{path}", method=method)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if TOKEN.exists():
        request.add_header("Authorization", f"Bearer {TOKEN.read_text()}")
    # A pod without an account has no certificate to check the server by, and sends it nothing secret.
    context = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(request, context=context, timeout=TIMEOUT) as answer:
            return {"status": answer.status, "message": "", "body": json.load(answer)}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "message": _message(error.read()), "body": {}}
    except OSError as error:
        return {"status": 0, "message": str(error), "body": {}}


def attempt(what, method, path, body=None):
    """The same, named, and without the body: what could be read stays in the pod."""
    answer = ask(method, path, body)
    return {"what": what, "status": answer["status"], "message": answer["message"]}


def review(kind, spec):
    """What the cluster's own authorizer says of this pod's account: the review's status."""
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
    answer = ask("POST", f"/apis/authorization.k8s.io/v1/{kind.lower()}s", body)
    return answer["body"].get("status") or {"error": f"HTTP {answer['status']}: {answer['message']}"}


def look_with_account(workers, others, image):
    """What the pod's account may do in the workers' namespace, and what in others: asked, and tried."""
    core, outside = "/api/v1/namespaces", [name for name in others if name != workers]
    container = {"name": "it", "image": image, "command": ["true"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "airstrip-verify"}}
    pod["spec"] = {"containers": [container]}
    secrets = [(f"list Secrets of {name}", "GET", f"{core}/{name}/secrets") for name in (workers, *outside)]
    pods = [(f"list pods of {name}", "GET", f"{core}/{name}/pods") for name in outside]
    # A dry run goes through all that a creation does.
    creations = [(f"create a pod in {name}", "POST", f"{core}/{name}/pods?dryRun=All", pod) for name in outside]
    return {
        "token": TOKEN.exists(),
        "rules": {name: review("SelfSubjectRulesReview", {"namespace": name}) for name in (workers, *outside)},
        "creates": {name: _may_create_pods(name) for name in (workers, *outside)},
        "allowed": [attempt(f"list pods of {workers}", "GET", f"{core}/{workers}/pods")],
        "attempts": [attempt(*each) for each in (*secrets, *pods, *creations, ("list nodes", "GET", "/api/v1/nodes"))],
    }


def _may_create_pods(namespace):
    attributes = {"namespace": namespace, "verb": "create", "resource": "pods"}
    return review("SelfSubjectAccessReview", {"resourceAttributes": attributes})


def reaches(host, port):
    try:
        socket.create_connection((host, port), timeout=TIMEOUT).close()
    except OSError:
        return False
    return True


def remote_heads():
    """What the git servers have, as this pod sees it: the commit by the bundle's name, or why it cannot be told."""
    program = "/opt/airflow/airstrip-git/check_git.py"
    return runpy.run_path(program)["heads"]() if os.path.exists(program) else {}


def find_secrets(hashes, salt):
    """Names of variables and files that hold one of the values with these hashes; how many were read, and were not.

    `unfinished` are mounts outside of the roots that there was no time for: somebody's data is of any size.
    """
    end = time.monotonic() + SECONDS
    wanted, salted = set(hashes), salt.encode()
    variables = [name for name, value in os.environ.items() if _holds(value.encode(), wanted, salted)]
    found, closed = [], []
    counts = {"looked": 0, "tooLarge": 0, "closed": 0, "none": 0, "leftOut": 0}

    def look(path):
        kind, content = _read(path) if time.monotonic() <= end else ("leftOut", b"")
        counts[kind] += 1
        if content and _holds(content, wanted, salted):
            found.append(str(path))

    processes = (pathlib.Path(f"/proc/{process}/environ") for process in ("self", 1))
    for path in itertools.chain(processes, *(_files(root, closed.append) for root in ROOTS)):
        look(path)
    unfinished = [mount for mount in _mounts() if not _looks_through(_files(mount, closed.append), look, end)]
    del counts["none"]
    counts["closed"] += len(closed)
    return {**counts, "variables": variables, "files": found, "unfinished": unfinished}


def _looks_through(paths, look, end):
    """Whether it came to the end of them in time."""
    for path in paths:
        if time.monotonic() > end:
            return False
        look(path)
    return True


def _holds(content, wanted, salt):
    words = {content, content.strip(), *WORDS.findall(content), *re.findall(rb"[A-Za-z0-9_-]{16,}=*", content)}
    return any(hashlib.sha256(salt + word).hexdigest() in wanted for word in words)


def _mounts():
    """Folders and single files outside of the roots, none of them within another one."""
    found = []
    for line in MOUNTS.read_text().splitlines():
        fields, _, source = line.partition(" - ")
        # A space in a name is \040 there.
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields.split(" ")[4])
        if point not in ("/", "/dev") and source.split(" ")[0] not in KERNEL_TYPES:
            found.append(point)
    outer = []
    for point in sorted(found):
        if not any(pathlib.PurePath(point).is_relative_to(each) for each in (*ROOTS, *KERNELS, *outer)):
            outer.append(point)
    return outer


def _files(root, on_closed):
    """Of a folder without those that are looked through by themselves."""
    if os.path.isfile(root):
        yield pathlib.Path(root)
        return
    for folder, folders, names in os.walk(root, onerror=lambda error: _is_closed(error) and on_closed(error)):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in (*NOT_LOOKED_AT, *ROOTS)]
        yield from (pathlib.Path(folder, name) for name in names)


def _read(path):
    """What became of it, a count's name, and its content. A device, a socket, a link to nothing has none."""
    try:
        if not path.is_file():
            return "none", b""
        return ("tooLarge", b"") if path.stat().st_size > LARGEST else ("looked", path.read_bytes())
    except OSError as error:
        return ("closed" if _is_closed(error) else "none"), b""


def _is_closed(error):
    """To the task too, and not gone in the meantime."""
    return not isinstance(error, FileNotFoundError)


def _message(content):
    """Of Kubernetes' Status; another's words are cut short."""
    text = content.decode(errors="replace")
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:500]
