"""airflow_local_settings.py as Airflow imports it, with stand-ins for Kubernetes' models."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.manifests.local_settings import IMAGE, PROVIDER, Load, Model, operator


def pod(*containers: Model, context: Model | None = None, init: list[Model] | None = None) -> Model:
    return Model(spec=Model(containers=list(containers), init_containers=init, security_context=context))


def test_a_bare_container_becomes_restricted(load: Load) -> None:
    container, first = Model(name="main"), Model(name="first")
    load().pod_mutation_hook(pod(container, init=[first]))
    for each in (container, first):
        context = each.security_context
        assert context.run_as_non_root is True
        assert context.allow_privilege_escalation is False
        assert context.capabilities.drop == ["ALL"]
        assert context.seccomp_profile.type == "RuntimeDefault"
        # Nothing that `restricted` does not ask for.
        assert context.read_only_root_filesystem is None
        assert context.run_as_user is None


def test_what_the_author_set_stays(load: Load) -> None:
    container = Model(
        name="main",
        image="theirs",
        security_context=Model(
            allow_privilege_escalation=True,
            run_as_non_root=False,
            capabilities=Model(add=["NET_BIND_SERVICE"], drop=["ALL", "KILL"]),
            seccomp_profile=Model(type="Localhost"),
        ),
    )
    load().pod_mutation_hook(pod(container))
    context = container.security_context
    assert container.image == "theirs"
    assert context.allow_privilege_escalation is True
    assert context.run_as_non_root is False
    assert context.capabilities == Model(add=["NET_BIND_SERVICE"], drop=["ALL", "KILL"])
    assert context.seccomp_profile.type == "Localhost"


def test_a_drop_without_all_becomes_all(load: Load) -> None:
    container = Model(name="main", security_context=Model(capabilities=Model(drop=["NET_RAW"])))
    load().pod_mutation_hook(pod(container))
    assert container.security_context.capabilities.drop == ["ALL"]


def test_what_the_pod_sets_is_not_set_again(load: Load) -> None:
    container = Model(name="main")
    context = Model(run_as_non_root=True, seccomp_profile=Model(type="RuntimeDefault"))
    load().pod_mutation_hook(pod(container, context=context))
    assert container.security_context.run_as_non_root is None
    assert container.security_context.seccomp_profile is None
    assert container.security_context.allow_privilege_escalation is False


def test_a_context_that_is_a_dict_keeps_the_apis_names(load: Load) -> None:
    container = Model(name="main", security_context={"runAsNonRoot": True, "runAsUser": 7})
    load().pod_mutation_hook(pod(container))
    assert container.security_context["runAsUser"] == 7
    assert container.security_context["allowPrivilegeEscalation"] is False
    assert container.security_context["seccompProfile"].type == "RuntimeDefault"
    assert container.security_context["capabilities"].drop == ["ALL"]
    assert "run_as_non_root" not in container.security_context


def test_the_xcom_sidecar_runs_in_the_deployments_image(load: Load) -> None:
    main, sidecar = Model(name="base", image="theirs"), Model(name="airflow-xcom-sidecar", image="alpine")
    load().pod_mutation_hook(pod(main, sidecar))
    assert (main.image, sidecar.image) == ("theirs", IMAGE)
    assert sidecar.security_context.run_as_non_root is True


def test_a_task_of_the_kubernetes_provider_gets_the_account(load: Load) -> None:
    task = operator(PROVIDER)
    load().task_policy(task)
    spec = task.executor_config["pod_override"].spec
    assert spec.service_account_name == "mine-pods"
    assert spec.automount_service_account_token is True
    assert [container.name for container in spec.containers] == ["base"]


def test_so_does_what_is_derived_from_one(load: Load) -> None:
    task = operator("company.operators", type(operator(PROVIDER)))
    load().task_policy(task)
    assert task.executor_config["pod_override"].spec.service_account_name == "mine-pods"


def test_so_does_a_mapped_one(load: Load) -> None:
    shared: dict[str, Any] = {"image": "theirs"}
    task = SimpleNamespace(operator_class=type(operator(PROVIDER)), executor_config={}, partial_kwargs=shared)
    load().task_policy(task)
    assert shared["executor_config"]["pod_override"].spec.service_account_name == "mine-pods"


@pytest.mark.parametrize("module", ["airflow.providers.standard.operators.bash", "company.cncf.kubernetes"])
def test_a_plain_task_is_left_alone(load: Load, module: str) -> None:
    task = operator(module)
    load().task_policy(task)
    assert task.executor_config is None


def test_a_pod_override_keeps_its_account_and_the_rest(load: Load, models: Any) -> None:
    task = operator(PROVIDER)
    override = models.V1Pod(
        metadata="theirs", spec=models.V1PodSpec(containers=["theirs"], service_account_name="theirs")
    )
    task.executor_config = {"pod_override": override, "other": 1}
    load().task_policy(task)
    assert task.executor_config["other"] == 1
    given = task.executor_config["pod_override"]
    assert given.metadata == "theirs"
    assert given.spec.service_account_name == "theirs"
    assert given.spec.containers == ["theirs"]
    assert given.spec.automount_service_account_token is True


def test_a_pod_override_that_a_plain_task_shares_is_not_changed(load: Load, models: Any) -> None:
    override = models.V1Pod(metadata="shared", spec=models.V1PodSpec(containers=["theirs"]))
    uses, plain = operator(PROVIDER), operator("airflow.providers.standard.operators.bash")
    uses.executor_config = plain.executor_config = {"pod_override": override}
    load().task_policy(uses)
    load().task_policy(plain)
    assert uses.executor_config["pod_override"].spec.service_account_name == "mine-pods"
    assert plain.executor_config["pod_override"] is override
    assert override.spec.service_account_name is None
    assert override.spec.automount_service_account_token is None


OWN = """
SETTING = 7
seen = []

def pod_mutation_hook(pod):
    seen.append(pod.spec.containers[0].security_context)

def task_policy(task):
    seen.append(task)

def dag_policy(dag):
    seen.append(dag)
"""


def test_a_deployments_own_settings_stay_in_force(load: Load) -> None:
    module = load(OWN)
    container, task = Model(name="main"), operator(PROVIDER)
    module.pod_mutation_hook(pod(container))
    module.task_policy(task)
    module.dag_policy("a dag")
    # Theirs come first, so that ours only fills what is still missing.
    assert module.seen == [None, task, "a dag"]
    assert container.security_context.run_as_non_root is True
    assert task.executor_config is not None
    assert module.SETTING == 7
    assert {"SETTING", "dag_policy", "pod_mutation_hook", "task_policy"} <= set(module.__all__)


def test_without_own_settings_only_the_hooks_are_exported(load: Load) -> None:
    assert load().__all__ == ["pod_mutation_hook", "task_policy"]


def test_an_error_in_the_own_settings_is_not_swallowed(load: Load) -> None:
    with pytest.raises(ZeroDivisionError):
        load("1 / 0")


def test_importing_it_imports_no_airflow_and_no_kubernetes(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("airflow", "kubernetes")]:
        monkeypatch.delitem(sys.modules, name)
    load().task_policy(operator("airflow.providers.standard.operators.bash"))
    assert not [name for name in sys.modules if name.partition(".")[0] in ("airflow", "kubernetes")]


@pytest.mark.parametrize(
    ("account", "mounts", "expected"),
    [(None, None, False), (None, True, True), ("theirs", None, None), ("theirs", False, False)],
)
def test_a_pod_whose_author_named_no_account_has_no_token(
    load: Load, account: str | None, mounts: bool | None, expected: bool | None
) -> None:
    made = pod(Model(name="base"))
    made.spec.service_account_name, made.spec.automount_service_account_token = account, mounts
    load().pod_mutation_hook(made)
    assert made.spec.automount_service_account_token is expected
