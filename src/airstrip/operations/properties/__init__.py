"""What `verify` proves, by doing it: each property is a function of the scene, in the file of what it is about.

A property never changes the deployment. What was made for the time of the proof, `clean` takes away. May
import what operations may.
"""

from __future__ import annotations

from airstrip.operations.properties import access, control_plane, delivery, network, tasks, web
from airstrip.operations.properties.clean import clean
from airstrip.operations.properties.git_branch import GitWrite, find_git_write
from airstrip.operations.properties.isolation import isolation
from airstrip.operations.properties.outcome import Outcome, Property
from airstrip.operations.properties.scene import Scene

PROPERTIES: tuple[Property, ...] = (
    Property("task", "a task runs in its own pod, and its log outlives that", tasks.task, ("tasks",)),
    Property("isolation", "tasks make pods in the workers' namespace only", isolation, ("isolation",)),
    Property(
        "least-access",
        "tasks have no more rights and secrets than they need",
        access.least_access,
        ("tasks", "isolation"),
    ),
    Property("network", "policies keep pods from the database", network.network, ("tasks", "outside")),
    Property("dags", "DAGs come as they are saved or pushed", delivery.dags, ("remote",)),
    Property("xcom", "what one pod returns comes to another", tasks.xcom, ("tasks",)),
    Property("secrets", "tasks read variables and connections", tasks.secrets, ("tasks", "values")),
    Property("triggerer", "a deferred task comes back", tasks.triggerer, ("tasks",)),
    Property("versions", "every component is of the declared version", control_plane.versions, ("tasks",)),
    Property("fernet", "the Fernet key decrypts what is stored", control_plane.fernet, ("values", "database")),
    Property("migration", "the database is at the migrations' head", control_plane.migration, ("database",)),
    Property("scheduler", "a run that is due appears", control_plane.scheduler, ("schedule",)),
    Property("web", "pages, assets, log-in and API answer users", web.web),
    Property("ingress", "path prefix and TLS work through the ingress", web.ingress),
    Property("pod-security", "both namespaces refuse a privileged pod", access.pod_security),
)
"""In the order in which they are looked at: what runs is waited for first, what needs a quiet machine comes after."""

__all__ = ["PROPERTIES", "GitWrite", "Outcome", "Property", "Scene", "clean", "find_git_write"]
