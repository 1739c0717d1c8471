"""What `down` leaves, taken away by name: `down --data` does not delete namespaces of somebody else's."""

from __future__ import annotations

from airstrip.events import Emit, step
from airstrip.kube import inventory
from airstrip.manifests import DATABASE_CLAIM, PROJECTS_MAP, SECRETS
from airstrip.operations import history
from airstrip.operations.ownership import is_own
from airstrip.operations.project_store import stored_projects
from airstrip.operations.session import Session

_GONE_SECONDS = 60.0
_OF_PROJECT = ("Secret", "ServiceAccount", "ConfigMap")


def delete_kept(session: Session, emit: Emit) -> None:
    """Claims, generated Secrets, projects of the command line; at last the records, which name the rest.

    Of what bears such a name only what is the deployment's own. Raises WaitTimeout where another's pod holds a claim.
    """
    spec, cluster, control = session.spec, session.cluster, session.spec.namespaces.control
    with step(emit, "down.data", "Delete data") as progress:
        recorded = sorted(inventory.read(cluster, control))
        doomed = [
            *((each.kind, each.name, each.namespace) for each in recorded if each.kind == "PersistentVolumeClaim"),
            ("PersistentVolumeClaim", DATABASE_CLAIM, control),
            *(("Secret", name, control) for name in SECRETS),
            *((kind, name, spec.namespace_of(name)) for name in stored_projects(cluster, spec) for kind in _OF_PROJECT),
            *(("ConfigMap", name, control) for name in (PROJECTS_MAP, history.NAME, inventory.NAME)),
        ]
        count = 0
        for kind, name, namespace in doomed:
            found = cluster.get("v1", kind, name, namespace)
            if found is not None and is_own(spec.name, found):
                progress.say(f"{kind} {name}")
                exactly = {"uid": found["metadata"]["uid"]}
                cluster.delete("v1", kind, name, namespace, wait=_GONE_SECONDS, preconditions=exactly)
                count += 1
        progress.note = f"{count} objects"
