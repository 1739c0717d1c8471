"""ConfigMaps and Secrets that a task's pods need: the pod of a KubernetesPodOperator, and a task's pod_override."""

import os
import sys

_POD_OPERATORS = "airflow.providers.cncf.kubernetes.operators.pod"
_OWN_CONNECTION = "kubernetes_default"
_DAGS = "/opt/airflow/dags"
_DAGS_CLAIMS = ("AIRSTRIP_DAGS_CLAIM", "AIRSTRIP_DAGS_VERSIONS_CLAIM")
"""One of them is in the environment where pods can mount a folder of DAGs."""
_CONTAINER = "base"
"""The task's own, as Airflow names it."""
_BACKENDS = {"AIRFLOW__SECRETS__BACKEND", "AIRFLOW__WORKERS__SECRETS_BACKEND"}
"""With one of them, the task may know connections and variables that nobody else knows."""
_FIELDS = ("env_vars", "env_from", "volumes", "init_containers")


def of(task):
    override = _override(task)
    if override and _is_known(_namespace(override)):
        yield from _named(override.get("spec") or {}, _namespace(override), "pod_override")
    if _is_pod_operator(task):
        yield from _of_operator(task)
        yield from _dag_files(task)


def environment_of(task):
    """Of the task's own container: names of variables, and ConfigMaps and Secrets that give it all that they have, as
    (kind, namespace, name). None where that cannot be told."""
    override = _override(task)
    namespace = _namespace(override)
    names, sources = set(), []
    containers = (override.get("spec") or {}).get("containers") or ()
    for container in (each for each in containers if each.get("name") == _CONTAINER):
        names |= {variable.get("name") for variable in _list(container.get("env"))}
        for source in _list(container.get("envFrom")):
            kind, found = ("secret", source["secretRef"]) if "secretRef" in source else _of_config_map(source)
            if source.get("prefix") or not (_is_plain(found.get("name")) and _is_known(namespace)):
                return None
            sources.append((kind, namespace or "", found["name"]))
    return None if names & _BACKENDS else (names, sources)


def _of_config_map(source):
    return "config-map", source.get("configMapRef") or {}


def _override(task):
    config = task.executor_config
    return _as_json(config.get("pod_override") if isinstance(config, dict) else None) or {}


def _of_operator(task):
    """Nothing of a pod in another cluster, or wherever a connection leads."""
    connection = _given(task, "kubernetes_conn_id") or _OWN_CONNECTION
    elsewhere = _given(task, "config_file") or _given(task, "cluster_context") or _given(task, "in_cluster") is False
    if elsewhere or connection != _OWN_CONNECTION:
        return
    parts = {name: _as_json(_given(task, name)) for name in _FIELDS}
    full = _as_json(_given(task, "full_pod_spec")) or {}
    template = _as_json(_given(task, "pod_template_dict")) or {}
    namespace = _given(task, "namespace") or _namespace(full) or _namespace(template)
    if not _is_known(namespace):
        return
    container = {"env": _list(parts["env_vars"]), "envFrom": [*_list(parts["env_from"]), *_config_maps(task)]}
    spec = {
        "containers": [container],
        "initContainers": _list(parts["init_containers"]),
        "volumes": _list(parts["volumes"]),
    }
    for each in (spec, full.get("spec") or {}, template.get("spec") or {}):
        for name in _named(each, namespace, ""):
            yield {**name, "unless": _OWN_CONNECTION}
    for secret in _list(_given(task, "secrets")):
        name, key = getattr(secret, "secret", None), getattr(secret, "key", None)
        if _is_plain(name):
            yield {
                "kind": "secret",
                "name": name,
                "key": key or "",
                "namespace": namespace or "",
                "where": "secrets",
                "unless": _OWN_CONNECTION,
            }


def _dag_files(task):
    """Words that name a file of the folder of DAGs, where nothing brings that folder into the pod."""
    mounts = [str(mount.get("mountPath")) for mount in _list(_as_json(_given(task, "volume_mounts")))]
    own = _given(task, "image") == os.environ.get("AIRSTRIP_AIRFLOW_IMAGE")
    has_claim = any(name in os.environ for name in _DAGS_CLAIMS)
    if own or has_claim or any(mount.startswith(_DAGS) for mount in mounts):
        return
    for field in ("cmds", "arguments"):
        for word in _list(_given(task, field)):
            if _is_plain(word) and word.startswith(f"{_DAGS}/"):
                yield {"kind": "dag-file", "name": word, "where": field}


def _is_pod_operator(task):
    module = sys.modules.get(_POD_OPERATORS)
    operator = getattr(task, "operator_class", None) or type(task)
    return bool(module) and isinstance(operator, type) and issubclass(operator, module.KubernetesPodOperator)


def _config_maps(task):
    """Of a mapped task; the operator itself has them in env_from already."""
    names = getattr(task, "partial_kwargs", {}).get("configmaps")
    return [{"configMapRef": {"name": name}} for name in _list(names)]


def _given(task, name):
    partial = getattr(task, "partial_kwargs", None)
    return getattr(task, name, None) if partial is None else partial.get(name)


def _named(spec, namespace, where):
    """What a pod's spec needs, in the API's JSON shape. What is optional is not needed."""
    for container in [*_list(spec.get("containers")), *_list(spec.get("initContainers"))]:
        for variable in _list(container.get("env")):
            source = variable.get("valueFrom") or {}
            yield from _reference("config-map", source.get("configMapKeyRef"), "name", namespace, where or "env_vars")
            yield from _reference("secret", source.get("secretKeyRef"), "name", namespace, where or "env_vars")
        for source in _list(container.get("envFrom")):
            yield from _reference("config-map", source.get("configMapRef"), "name", namespace, where or "env_from")
            yield from _reference("secret", source.get("secretRef"), "name", namespace, where or "env_from")
    for volume in _list(spec.get("volumes")):
        yield from _reference("config-map", volume.get("configMap"), "name", namespace, where or "volumes")
        yield from _reference("secret", volume.get("secret"), "secretName", namespace, where or "volumes")
        for source in _list((volume.get("projected") or {}).get("sources")):
            yield from _reference("config-map", source.get("configMap"), "name", namespace, where or "volumes")
            yield from _reference("secret", source.get("secret"), "name", namespace, where or "volumes")


def _reference(kind, source, field, namespace, where):
    if not isinstance(source, dict) or source.get("optional") or not _is_plain(source.get(field)):
        return
    found = {"kind": kind, "name": source[field], "namespace": namespace or "", "where": where}
    keys = [source["key"]] if source.get("key") else [item.get("key") for item in _list(source.get("items"))]
    for key in keys or [""]:
        yield {**found, "key": key if _is_plain(key) else ""}


def _namespace(pod):
    return (pod.get("metadata") or {}).get("namespace")


def _as_json(value):
    """Kubernetes' models, alone or in lists, as the API has them."""
    if value is None or isinstance(value, str):
        return None
    from kubernetes.client import ApiClient

    try:
        return ApiClient().sanitize_for_serialization(value)
    except Exception:
        # Something that a template is to make.
        return None


def _list(value):
    return [item for item in value if item is not None] if isinstance(value, list | tuple) else []


def _is_plain(text):
    """A name that stands there, and is not made by a template."""
    return isinstance(text, str) and bool(text) and "{" not in text


def _is_known(namespace):
    """None is that of the tasks."""
    return namespace is None or _is_plain(namespace)
