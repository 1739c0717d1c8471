"""What Airstrip sets itself: settings that are its own, with the reason, and those that the file may change.

A test holds that every variable of a pod is in one of these lists.
"""

from __future__ import annotations

_TASKS_REACH = "task pods, the Service and the NetworkPolicies go by it"
_TOKENS = "the tokens of tasks are signed with a key that Airstrip makes"
_CLUSTER = "the scheduler speaks to the cluster that it runs in, by its own account"
_NAMESPACE = "roles and quotas are for one namespace of task pods"
_TLS = "probes and task pods speak HTTP to it; TLS is not built yet"

OWN_OPTIONS: dict[str, tuple[str, str]] = {
    "api.base_url": ("it follows from where Airflow is exposed", "Write target.local.port."),
    "api.host": (_TASKS_REACH, ""),
    "api.port": (_TASKS_REACH, "Write target.local.port: the port that you open."),
    "api.ssl_cert": (_TLS, ""),
    "api.ssl_key": (_TLS, ""),
    "api_auth.jwt_algorithm": (_TOKENS, ""),
    "api_auth.jwt_private_key_path": (_TOKENS, ""),
    "api_auth.trusted_jwks_url": (_TOKENS, ""),
    "core.auth_manager": ("Airstrip makes its accounts, and logs in with one of them", ""),
    "core.dags_folder": ("DAGs come by bundles", "Write dags.path, dags.git, dags.volume or dags.image."),
    "core.execution_api_server_url": ("it is the Service's address, as task pods reach it", ""),
    "core.executor": ("the pods and their rights follow from it", "Write airflow.executor."),
    "dag_processor.dag_bundle_config_list": (
        "its bundles follow from what the file says of DAGs",
        "Write dags.path, dags.git, dags.volume or dags.image.",
    ),
    "kubernetes_executor.cluster_context": (_CLUSTER, ""),
    "kubernetes_executor.config_file": (_CLUSTER, ""),
    "kubernetes_executor.delete_worker_pods_on_failure": (
        "a pod that could not start would stay, try again, and run a task that has failed already",
        "Logs are kept without the pod.",
    ),
    "kubernetes_executor.in_cluster": (_CLUSTER, ""),
    "kubernetes_executor.multi_namespace_mode": (_NAMESPACE, "Write projects.NAME.namespace."),
    "kubernetes_executor.multi_namespace_mode_namespace_list": (_NAMESPACE, "Write projects.NAME.namespace."),
    "kubernetes_executor.namespace": (_NAMESPACE, "Write namespaces.workers."),
    "kubernetes_executor.pod_template_file": (
        "the template holds what pod security and isolation demand",
        "A task changes its pod by executor_config's pod_override.",
    ),
    "kubernetes_executor.worker_container_repository": ("tasks run in the deployment's image", "Write image.ref."),
    "kubernetes_executor.worker_container_tag": ("tasks run in the deployment's image", "Write image.ref."),
    "logging.base_log_folder": ("a volume of the deployment is mounted there", ""),
    "logging.trigger_log_server_port": (_TASKS_REACH, ""),
    "logging.worker_log_server_port": (_TASKS_REACH, ""),
    "scheduler.enable_health_check": ("the scheduler's probes ask it", ""),
    "scheduler.scheduler_health_check_server_host": ("the scheduler's probes ask it", ""),
    "scheduler.scheduler_health_check_server_port": ("the scheduler's probes ask it", ""),
}
"""Refused: why, and what to do instead where there is something, by SECTION.OPTION."""

TUNED_OPTIONS = frozenset(
    {
        "api.expose_config",
        "api.workers",
        "core.load_examples",
        "core.parallelism",
        "dag_processor.bundle_refresh_check_interval",
        "core.min_serialized_dag_update_interval",
        "dag_processor.min_file_process_interval",
        "dag_processor.print_stats_interval",
        "execution_api.jwt_expiration_time",
        "kubernetes_executor.async_pod_creation",
        "kubernetes_executor.task_publish_max_retries",
        "kubernetes_executor.worker_pod_pending_fatal_container_state_reasons",
        "kubernetes_executor.worker_pods_creation_batch_size",
        "logging.colored_console_log",
        "logging.dag_processor_log_target",
        "logging.namespace_levels",
        "scheduler.task_queued_timeout",
        "workers.min_heartbeat_interval",
    }
)
"""Airstrip has a value of its own for these; the file's wins."""

GENERATED_SECRETS = frozenset({"api.secret_key", "api_auth.jwt_secret", "core.fernet_key", "database.sql_alchemy_conn"})
"""Airstrip makes them, and gives each process those that it needs."""

OWN_VARIABLES = frozenset(
    {
        "AIRFLOW_CONFIG",
        "AIRFLOW_HOME",
        "GIT_CONFIG_SYSTEM",
        "HOME",
        "KUBECONFIG",
        "PATH",
        "PGCONNECT_TIMEOUT",
        "PYTHONPATH",
    }
)
OWN_PREFIXES = ("AIRFLOW_CONN_AIRSTRIP_", "AIRSTRIP_", "KUBERNETES_")
"""Of environment variables that Airstrip, the image or Kubernetes sets."""


def option_variable(section: str, option: str) -> str:
    """The environment variable that Airflow reads an option from."""
    return f"AIRFLOW__{section.replace('.', '_').upper()}__{option.upper()}"
