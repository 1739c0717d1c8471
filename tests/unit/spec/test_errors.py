"""One case for each mistake: where it is found, what it is called, and a word of its fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.errors import Problem, SpecError
from airstrip.spec import Spec

Problems = Callable[[str | bytes], list[Problem]]

HEAD = "apiVersion: airstrip/v1\nname: airflow\n"

CASES = {
    # text after HEAD: line, column, code, part of message or fix
    "nme: x": (3, 1, "spec.unknown-key", "Did you mean `name`?"),
    "imagePullSecrets: [a]": (3, 1, "spec.unknown-key", "It is image.pullSecrets here."),
    "api_version: x": (3, 1, "spec.unknown-key", "Did you mean `apiVersion`?"),
    "airflow: {verison: 3.3.2}": (3, 11, "spec.unknown-key", "Did you mean `version`?"),
    "airflow: {version: 3.3}": (3, 20, "spec.airflow-version", "Write 3.3.2"),
    "airflow: {version: 2.10.5}": (3, 20, "spec.airflow-version", "3.3.2"),
    "airflow: {version: true}": (3, 20, "spec.airflow-version", "Write 3.3.2"),
    "airflow: {extras: [2024]}": (3, 20, "spec.wrong-type", 'quotes around it: "2024"'),
    "airflow: {extras: [true, 1]}": (3, 20, "spec.wrong-type", 'quotes around it: "true"'),
    "image: {packages: [7]}": (3, 20, "spec.bad-package", "libpq5"),
    "image: {builder: kaniko}": (3, 18, "spec.bad-value", "'podman'"),
    "image: {builder: docker, base: -v}": (3, 32, "spec.bad-image", "debian:bookworm-slim"),
    'image: {builder: docker, base: "a b"}': (3, 32, "spec.bad-image", "debian:bookworm-slim"),
    'image: {builder: docker, base: "me:pw@host/x"}': (3, 32, "spec.bad-image", "debian:bookworm-slim"),
    "image: {base: debian}": (3, 8, "spec.conflict", "builder: docker"),
    "airflow: {version: }": (3, 11, "spec.wrong-type", "has no value"),
    "airflow: {extras: amazon}": (3, 19, "spec.wrong-type", "[amazon]"),
    "airflow: {extras: [Amazon!]}": (3, 20, "spec.bad-extra", "amazon"),
    "airflow: [x]": (3, 10, "spec.wrong-type", "must be a mapping (key: value), and is a list"),
    "airflow:": (3, 1, "spec.wrong-type", "has no value"),
    "airflow: {executor: LocalExecutor}": (3, 21, "spec.bad-value", "'kubernetes' or 'local'"),
    "components: {scheduler: {replicas: 2}}\nairflow: {executor: local}": (3, 36, "spec.conflict", "one pod of the"),
    "components: {task: {env: {A: b}}}\nairflow: {executor: local}": (3, 20, "spec.conflict", "components.scheduler"),
    "components: {api_server: {}}": (3, 14, "spec.unknown-key", "Did you mean `api-server`?"),
    "components: {tasks: {}}": (3, 14, "spec.unknown-key", "Did you mean `task`?"),
    "components: {postgresql: {replicas: 2}}": (3, 27, "spec.unknown-key", "Known: resources, nodeSelector"),
    "components: {postgresql: {env: {A: b}}}": (3, 27, "spec.unknown-key", "Known: resources, nodeSelector"),
    "components: {task: {replicas: 2}}": (3, 21, "spec.unknown-key", "the key replicas"),
    "components: {scheduler: {replicas: 0}}": (3, 36, "spec.bad-value", "greater than or equal to 1"),
    "components: {task: {env: {HOME: /}}}": (3, 27, "spec.own-variable", "HOME"),
    "components: {task: {resources: {limits: {memory: 2 GB}}}}": (3, 50, "spec.bad-quantity", "512Mi"),
    "components: {task: {resources: {limits: {cpu: true}}}}": (3, 47, "spec.bad-quantity", "500m"),
    "components: {task: {resources: {limits: {cpu: 0}}}}": (3, 47, "spec.bad-quantity", "500m"),
    "components: {task: {resources: {limits: {cpu: 1}, requests: {cpu: 1500m}}}}": (
        *(3, 32, "spec.conflict"),
        "more than its limit",
    ),
    "components: {task: {nodeSelector: {a b: c}}}": (3, 41, "spec.bad-label", "name of a label"),
    "components: {task: {nodeSelector: {a: b c}}}": (3, 39, "spec.bad-label", "value of a label"),
    "components: {task: {nodeSelector: {a: true}}}": (3, 39, "spec.wrong-type", 'quotes around it: "true"'),
    "components: {task: {tolerations: [{value: x}]}}": (3, 35, "spec.conflict", "Write a key"),
    "components: {task: {tolerations: [{operator: Exists, value: x}]}}": (3, 35, "spec.conflict", "Remove the value"),
    "components: {task: {tolerations: [{effect: No}]}}": (3, 44, "spec.bad-value", "'NoSchedule'"),
    "components: {task: {affinity: {nodeAffinty: {}}}}": (3, 32, "spec.unknown-key", "Did you mean `nodeAffinity`?"),
    "components: {task: {volumes: [{name: a, hostPath: {path: /}}]}}": (
        *(3, 31, "spec.not-restricted"),
        "would reach into the node",
    ),
    "components: {task: {volumes: [{name: a}]}}": (3, 31, "spec.one-of", "Add one of: configMap, secret"),
    "components: {task: {volumes: [{name: a, csi: {driver: b}, emptyDir: {}}]}}": (
        *(3, 31, "spec.one-of"),
        "Keep one of: emptyDir, csi",
    ),
    "components: {task: {volumes: [{name: a, emptyDir: }]}}": (3, 31, "spec.wrong-type", "no value for emptyDir"),
    "components: {task: {volumes: [{name: a, emptyDr: {}, csi: {driver: b}}]}}": (
        *(3, 41, "spec.unknown-key"),
        "Did you mean `emptyDir`?",
    ),
    "components: {task: {volumes: [{name: a, readOnly: true, emptyDir: {}}]}}": (
        *(3, 31, "spec.conflict"),
        "Write mountPath",
    ),
    "components: {task: {volumes: [{name: A, emptyDir: {}}]}}": (3, 38, "spec.bad-name", "cache"),
    "components: {task: {volumes: [{name: logs, emptyDir: {}}]}}": (3, 38, "spec.duplicate-name", "a volume of this"),
    "components: {task: {volumes: [{name: a, mountPath: a, emptyDir: {}}]}}": (3, 52, "spec.bad-path", "/opt/models"),
    "components: {task: {volumes: [{name: a, mountPath: /opt/airflow, emptyDir: {}}]}}": (
        *(3, 52, "spec.own-path"),
        "/opt/airflow/home is a folder",
    ),
    "components: {task: {volumes: [{name: a, secret: {secretName: airflow-keys}}]}}": (
        *(3, 62, "spec.own-secret"),
        "Secret of your own",
    ),
    "components: {task: {volumes: [{name: a, secret: {secretName: b, defaultMode: 0440}}]}}": (
        *(3, 78, "spec.bad-value"),
        "0o440",
    ),
    "components: {task: {sidecars: [{name: base, image: a}]}}": (3, 39, "spec.duplicate-name", "own container has it"),
    "components: {task: {sidecars: [{name: a}]}}": (3, 32, "spec.missing-key", "image is missing"),
    "components: {task: {sidecars: [{name: a, image: a, volumeMounts: [{name: x, mountPath: /x}]}]}}": (
        *(3, 74, "spec.unknown-volume"),
        "no volume x",
    ),
    "components: {task: {sidecars: [{name: a, image: a, securityContext: {privileged: true}}]}}": (
        *(3, 32, "spec.not-restricted"),
        "privileged: true",
    ),
    "components: {task: {sidecars: [{name: a, image: a, ports: [{hostPort: 1}]}]}}": (
        *(3, 32, "spec.not-restricted"),
        "a hostPort",
    ),
    "components: {task: {sidecars: [{name: a, image: a, envFrom: [{secretRef: {name: airflow-cli}}]}]}}": (
        *(3, 74, "spec.own-secret"),
        "airflow-cli",
    ),
    "patches: {}": (3, 10, "spec.wrong-type", "must be a list"),
    "patches: [x]": (3, 11, "spec.wrong-type", "must be a mapping"),
    "patches: [{apiVersion: v1, metadata: {name: a}}]": (3, 11, "spec.missing-key", "Add `kind: …`"),
    "patches: [{apiVersion: v1, kind: Pod, metadata: {}}]": (3, 39, "spec.missing-key", "name is missing"),
    "patches: [{apiVersion: v1, kind: Secret, metadata: {name: a}}]": (3, 28, "spec.own-object", "of your own"),
    "patches: [{apiVersion: v1, kind: Pod, metadata: {name: a}, $patch: delete}]": (
        *(3, 60, "spec.own-object"),
        "none is taken away",
    ),
    "patches: [{apiVersion: v1, kind: A, metadata: {name: a, labels: {app.kubernetes.io/name: b}}}]": (
        *(3, 66, "spec.own-field"),
        "finds its objects by it",
    ),
    "patches: [{apiVersion: v1, kind: A, metadata: {name: a, labels: }}]": (
        3,
        57,
        "spec.own-field",
        "finds its objects",
    ),
    "patches: [{apiVersion: v1, kind: A, metadata: {name: a, finalizers: [x]}}]": (3, 57, "spec.own-field", "write it"),
    "patches: [{apiVersion: v1, kind: A, metadata: {name: a}, spec: {selector: {}}}]": (
        *(3, 65, "spec.own-field"),
        "can never change",
    ),
    "patches: [{apiVersion: v1, kind: A, metadata: {name: a}, spec: {$patch: replace}}]": (
        *(3, 65, "spec.own-field"),
        "spec.$patch is not for patches",
    ),
    "patches: [{apiVersion: v1, kind: A, metadata: {name: a}, data: {b: c}}]": (
        *(3, 58, "spec.own-field"),
        "Write airflow.config",
    ),
    "patches: [{apiVersion: v1, kind: A, metadata: {name: a}, spec: {a: .inf}}]": (3, 65, "spec.bad-value", "number"),
    "patches: [{apiVersion: v, kind: A, metadata: {name: a},"
    " spec: {template: {metadata: {annotations: {checksum.airstrip/a: b}}}}}]": (
        *(3, 100, "spec.own-field"),
        "the pods roll",
    ),
    "image: {pullSecrets: [registry, Our_Registry]}": (3, 33, "spec.bad-name", "name of a Secret"),
    "image: {pullSecrets: registry}": (3, 22, "spec.wrong-type", "[registry]"),
    "image: {requirements: [pandas, -r x.txt]}": (3, 32, "spec.bad-requirement", "options"),
    "image: {requirements: [env:LIST]}": (3, 24, "spec.bad-requirement", "PEP 508"),
    "image: {requirements: [1]}": (3, 24, "spec.wrong-type", "image.requirements[0] must be text"),
    "image: {requirements: pandas}": (3, 23, "spec.wrong-type", "a list, or {file: PATH}"),
    "image: {requirements: {fil: x}}": (3, 23, "spec.wrong-type", "{file: PATH}"),
    "image: {requirements: {file: none.txt}}": (3, 30, "spec.file-not-readable", "relative to this file"),
    "image: {packages: [Bad_Package]}": (3, 20, "spec.bad-package", "libpq5"),
    "image: {ref: apache/airflow:3.3.2}": (3, 14, "spec.bad-image", "digest"),
    f"image: {{ref: x@sha256:{'a' * 64}, packages: [libpq5]}}": (3, 8, "spec.conflict", "Keep `ref`"),
    "dags: {path: ~/dags}": (3, 14, "spec.bad-path", "~"),
    "dags: {path: 'env:DAGS'}": (3, 14, "spec.reference-not-allowed", "no secret reference"),
    "dags: {path: }": (3, 7, "spec.wrong-type", "no value for path"),
    "dags: dags": (3, 7, "spec.unknown-key", "Write {path: dags}. Known: path, git, volume, image"),
    "dags: pth": (3, 7, "spec.unknown-key", "Did you mean `path`?"),
    "dags: {folder: dags}": (3, 8, "spec.unknown-key", "Known: path, git, volume, image"),
    "database: x": (3, 11, "spec.wrong-type", "{url: env:"),
    'dags: {path: "a\\0b"}': (3, 14, "spec.bad-path", "control character"),
    "dags: path": (3, 7, "spec.wrong-type", "dags.path must be text"),
    "dags: {path: a, git: b}": (3, 7, "spec.one-of", "One of: path, git, volume, image"),
    "dags: {image: {}}": (3, 8, "spec.missing-key", "{image: {path: dags}}"),
    "dags: image": (3, 7, "spec.missing-key", "{image: {path: dags}}"),
    "dags: {image: dags}": (3, 15, "spec.wrong-type", "a mapping"),
    "dags: {image: {path: ~/dags}}": (3, 22, "spec.bad-path", "~"),
    f"image: {{ref: x@sha256:{'a' * 64}}}\ndags: {{image: {{path: dags}}}}": (
        4,
        16,
        "spec.conflict",
        "at /opt/airflow/dags",
    ),
    "dags: {volume: dags}": (3, 16, "spec.wrong-type", "a mapping"),
    "dags: {volume: {keep: 1}}": (3, 23, "spec.bad-value", "greater than or equal to 2"),
    "dags: {volume: {folder: dags}}": (3, 17, "spec.unknown-key", "Known: path, keep"),
    "dags: git": (3, 7, "spec.missing-key", "Add `repo: …`"),
    "dags: {git: x}": (3, 13, "spec.wrong-type", "a list of mappings"),
    "dags: {git: []}": (3, 13, "spec.wrong-type", "a list of mappings"),
    "dags: {git: {}}": (3, 8, "spec.missing-key", "Add `repo: …`"),
    "dags: {git: [{}]}": (3, 14, "spec.missing-key", "Add `repo: …`"),
    "dags: {git: [{repo: 'https://h/r'}, {repo: 'https://h/s', rpo: a}]}": (
        3,
        59,
        "spec.unknown-key",
        "Did you mean `repo`?",
    ),
    "dags: {git: {repo: dags}}": (3, 20, "spec.bad-repo", "https://host/path.git"),
    "dags: {git: {repo: 'http://h/r'}}": (3, 20, "spec.bad-repo", "https://host/path.git"),
    "dags: {git: {repo: 'https://h:70000/r'}}": (3, 20, "spec.bad-repo", "https://host/path.git"),
    "dags: {git: {repo: 'https://h/r?token=a'}}": (3, 20, "spec.bad-repo", "https://host/path.git"),
    "dags: {git: {repo: 'https://h/r', branch: a, tag: b}}": (3, 13, "spec.conflict", "Keep one"),
    "dags: {git: {repo: 'https://h/r', branch: 3.2}}": (3, 43, "spec.wrong-type", 'Put quotes around it: "3.2"'),
    "dags: {git: {repo: 'https://h/r', branch: 'a b'}}": (3, 43, "spec.bad-ref", "Write its name alone"),
    "dags: {git: {repo: 'https://h/r', tag: --upload-pack=x}}": (3, 40, "spec.bad-ref", "Write its name alone"),
    "dags: {git: {repo: 'https://h/r', commit: abc1234}}": (3, 43, "spec.bad-ref", "git rev-parse HEAD"),
    "dags: {git: {repo: 'https://h/r', path: /dags}}": (3, 41, "spec.bad-path", "without dots"),
    "dags: {git: {repo: 'https://h/r', path: ../dags}}": (3, 41, "spec.bad-path", "without dots"),
    "dags: {git: {repo: 'https://h/r', sync: {}}}": (3, 13, "spec.conflict", "Add `via: sync`"),
    "dags: {git: {repo: 'https://h/r', via: sync, sync: {depth: -1}}}": (3, 60, "spec.bad-value", "greater than"),
    "dags: {git: {repo: 'https://h/r', via: sync, sync: {keepHours: 0}}}": (3, 64, "spec.bad-value", "greater than"),
    "dags: {git: {repo: 'https://h/r', via: sync, sync: {submodules: on}}}": (3, 65, "spec.bad-value", "'off'"),
    "dags: {git: {repo: 'https://h/r', via: sync, sync: {image: a:v4}}}": (3, 60, "spec.bad-image", "sha256"),
    "dags: {git: {repo: 'https://h/r', via: sync, sync: {webhook: h/x}}}": (
        3,
        62,
        "spec.bad-value",
        "http://host/path",
    ),
    "dags: {git: {repo: 'https://h/r', via: sync, sync: {webhook: 'https://u:p@h'}}}": (
        3,
        62,
        "spec.secret-literal",
        "Remove it",
    ),
    "dags: {git: {repo: 'https://h/r', via: sync}}\ncomponents: {dag-processor: {replicas: 2}}": (
        4,
        40,
        "spec.conflict",
        "Write 1, or dags.git.via: bundle",
    ),
    "components: {dag-processor: {sidecars: [{name: git-sync-main, image: i}]}}": (
        3,
        48,
        "spec.duplicate-name",
        "Write another name",
    ),
    "dags: {git: {repo: 'https://h/r', via: magic}}": (3, 40, "spec.bad-value", "'bundle'"),
    "dags: {git: {repo: 'https://h/r', refresh: 1}}": (3, 44, "spec.bad-value", "greater than or equal to 5"),
    "dags: {git: {repo: 'https://h/r', username: a}}": (3, 13, "spec.conflict", "Add `token: env:NAME`"),
    "dags: {git: {repo: 'https://h/r', knownHosts: a b}}": (3, 13, "spec.conflict", "Remove one of them"),
    "dags: {git: {repo: 'https://h/r', token: 'vault:a'}}": (
        3,
        35,
        "spec.not-yet",
        "Write one of env:…, file:…, k8s:…",
    ),
    "dags: {git: {repo: 'https://h/r', token: 'k8s:airflow-cli/password'}}": (3, 42, "spec.own-secret", "of your own"),
    "dags: {git: {repo: 'https://h/r', token: 'k8s:mine'}}": (3, 42, "spec.bad-reference", "k8s:NAME/KEY"),
    "dags: {git: {repo: 'https://h/r', caCert: 'k8s:airflow-keys/x'}}": (3, 43, "spec.own-secret", "of your own"),
    "dags: {git: {repo: 'https://h/r', caCert: {fil: a}}}": (3, 43, "spec.wrong-type", "Write {file: PATH}"),
    "dags: {git: {repo: 'https://h/r', caCert: {file: ~/a}}}": (3, 43, "spec.bad-path", "the whole path"),
    "dags: {git: {repo: 'git@h:r', token: 'env:A'}}": (3, 13, "spec.conflict", "token is for https"),
    "dags: {git: {repo: 'git@h:r', knownHosts: a}}": (3, 13, "spec.missing-key", "sshKey: file:PATH"),
    "dags: {git: {repo: 'git@h:r', sshKey: 'env:A'}}": (3, 13, "spec.missing-key", "ssh-keyscan h > known_hosts"),
    "dags: {git: {repo: 'ssh://git@h:222/r', sshKey: 'env:A'}}": (3, 13, "spec.missing-key", "ssh-keyscan -p 222 h"),
    "dags: {git: {repo: 'https://h/r', name: airstrip}}": (3, 41, "spec.bad-name", "Choose another name"),
    "dags: {git: {repo: 'https://h/r', name: A B}}": (3, 41, "spec.bad-name", "marketing"),
    "dags: {git: [{repo: 'https://h/a'}, {repo: 'https://h/b'}]}": (3, 13, "spec.conflict", "Give each a `name`"),
    "projects: [sales]": (3, 11, "spec.wrong-type", "must be a mapping"),
    "projects: {sales: }": (3, 12, "spec.wrong-type", "projects.sales has no value"),
    "projects: {sales: {configs: {}}}": (3, 20, "spec.unknown-key", "Did you mean `config`?"),
    "projects: {sales: {slots: 1}}": (3, 20, "spec.unknown-key", "limits, namespace, quota, data"),
    "projects: {sales: {requests: {gpu: 1}}}": (3, 31, "spec.unknown-key", "Known: cpu, memory"),
    "projects: {Sales: {}}": (3, 12, "spec.bad-name", "sales-reports"),
    "projects: {sales_eu: {}}": (3, 12, "spec.bad-name", "hyphens"),
    f"projects: {{{'s' * 64}: {{}}}}": (3, 12, "spec.bad-name", "at most 63"),
    "projects: {default: {}}": (3, 12, "spec.bad-name", "service account"),
    "projects: {airflow-pods: {}}": (3, 12, "spec.own-object", "airflow-pods-project"),
    "projects: {scheduler: {}}": (3, 12, "spec.own-object", "Airstrip's own"),
    "projects: {dags: {}}": (3, 12, "spec.own-object", "Airstrip's own"),
    "projects: {airflow-keys: {}}": (3, 12, "spec.own-object", "Airstrip's own"),
    "projects: {airstrip-inventory: {}}": (3, 12, "spec.own-object", "Airstrip's own"),
    "projects: {sales: {namespace: Mine}}": (3, 31, "spec.bad-name", "For example: mine"),
    "projects: {sales: {namespace: kube-system}}": (3, 31, "spec.bad-name", "belong to Kubernetes"),
    "projects: {sales: {namespace: default}}": (3, 20, "spec.conflict", "Kubernetes' own"),
    "projects: {sales: {namespace: airflow}}": (3, 20, "spec.conflict", "the control plane's"),
    "projects: {sales: {namespace: airflow-workers}}": (3, 20, "spec.conflict", "that of all task pods"),
    "projects: {a: {namespace: one}, b: {namespace: one}}": (3, 37, "spec.conflict", "the project a has it"),
    "projects: {sales: {namespace: one, quota: {gpu: 1}}}": (
        3,
        44,
        "spec.unknown-key",
        "Known: requests, limits, pods",
    ),
    "projects: {sales: {namespace: one, quota: {pods: 0}}}": (3, 50, "spec.bad-value", "greater than or equal to 1"),
    "projects: {sales: {quota: {pods: 9}}}": (3, 19, "spec.conflict", "Write beside it: namespace"),
    "projects: {sales: {namespace: one, quota: {requests: {cpu: 2}}}}": (3, 19, "spec.conflict", "requests: {cpu: …}"),
    "projects: {sales: {namespace: one, requests: {cpu: 1}, quota: {limits: {cpu: 2}}}}": (
        *(3, 19, "spec.conflict"),
        "limits: {cpu: …}",
    ),
    "projects: {sales: {namespace: one, limits: {cpu: 3}, quota: {requests: {cpu: 2}}}}": (
        *(3, 19, "spec.conflict"),
        "for all of them",
    ),
    "projects: {sales: {data: {}}}": (3, 26, "spec.wrong-type", "must be text"),
    "projects: {sales: {data: /srv/sales}}": (3, 26, "spec.bad-value", "s3://BUCKET/PREFIX"),
    "projects: {sales: {data: 's3:///x'}}": (3, 26, "spec.bad-value", "s3://BUCKET/PREFIX"),
    "projects: {sales: {data: 's3://b/x?y=1'}}": (3, 26, "spec.bad-value", "s3://BUCKET/PREFIX"),
    "projects: {sales: {data: 'ftp://b/x'}}": (3, 26, "spec.bad-value", "s3://, gs://, oci://"),
    "projects: {sales: {data: 's3://key:secret@b/x'}}": (3, 26, "spec.secret-literal", "password"),
    "projects: {sales: {pool: 0}}": (3, 26, "spec.bad-value", "greater than or equal to 1"),
    "projects: {sales: {pool: four}}": (3, 26, "spec.wrong-type", "a whole number"),
    "projects: {sales: {requests: {memory: 2 GB}}}": (3, 39, "spec.bad-quantity", "512Mi"),
    "projects: {sales: {requests: {cpu: 2}, limits: {cpu: 1}}}": (3, 19, "spec.conflict", "more than its limit"),
    "projects: {sales: {config: {A: [b]}}}": (3, 32, "spec.wrong-type", "must be text"),
    "projects: {sales: {config: {a-b: c}}}": (3, 29, "spec.bad-variable", "underscores"),
    "projects: {sales: {config: {HOME: /}}}": (3, 29, "spec.own-variable", "HOME"),
    "projects: {sales: {config: {AIRSTRIP_PROJECT: x}}}": (3, 29, "spec.own-variable", "AIRSTRIP_PROJECT"),
    "projects: {sales: {config: {AIRFLOW__CORE__X: y}}}": (3, 29, "spec.own-variable", "airflow.config"),
    "projects: {sales: {config: {A: 'env:B'}}}": (3, 29, "spec.reference-not-allowed", "secrets: {A: env:"),
    "projects: {sales: {secrets: {A: 'vault:b'}}}": (3, 30, "spec.not-yet", "env:…, file:…, k8s:…"),
    "projects: {sales: {secrets: {A: 'k8s:b'}}}": (3, 33, "spec.bad-reference", "k8s:NAME/KEY"),
    "projects: {sales: {secrets: {A: 'k8s:airflow-keys/jwt-secret'}}}": (3, 33, "spec.own-secret", "of your own"),
    "projects: {sales: {secrets: {HOME: 'env:B'}}}": (3, 30, "spec.own-variable", "HOME"),
    "projects: {sales: {secrets: {A: 'env:B'}, config: {A: b}}}": (3, 30, "spec.conflict", "Keep one of the two"),
    "projects: {sales: {}}\nairflow: {executor: local}": (3, 1, "spec.conflict", "tasks have none"),
    "logs: {s3: {}}": (3, 1, "spec.not-yet", "logs"),
    "namespaces: {control: Air Flow}": (3, 23, "spec.bad-name", "air-flow"),
    "namespaces: {workers: kube-system}": (3, 23, "spec.bad-name", "system"),
    "namespaces: {workers: default}": (3, 14, "spec.conflict", "tasks' pods: it is Kubernetes' own"),
    "namespaces: {control: default}": (3, 14, "spec.conflict", "the control plane: it is Kubernetes' own"),
    "target: {here: {port: 70000}}": (3, 23, "spec.bad-value", "less than or equal to 65535"),
    "target: {here: {port: '80'}}": (3, 23, "spec.wrong-type", "a whole number"),
    "target: {here: {prot: 80}}": (3, 17, "spec.unknown-key", "Did you mean `port`?"),
    "target: {moon: {}}": (3, 10, "spec.not-yet", "Built: here, there"),
    "target: moon": (3, 9, "spec.not-yet", "Built: here, there"),
    "target: thre": (3, 9, "spec.unknown-target", "Did you mean `there`?"),
    "target: {here: {}, there: {}}": (3, 9, "spec.one-of", "exactly one"),
    "target: 3": (3, 9, "spec.one-of", "exactly one"),
    "target:": (3, 1, "spec.one-of", "exactly one"),
    "dags: &a [*a]": (3, 7, "spec.recursive-alias", "Remove"),
    "dags: !secret x": (3, 7, "spec.tag", "!secret"),
    "? [a]\n: b": (3, 3, "spec.bad-key", "key: value"),
    "airflow: {<<: 3}": (3, 15, "spec.bad-merge", "alias"),
    "1: x": (3, 1, "spec.unknown-key", "the key 1"),
    "---\nname: other": (4, 1, "spec.several-documents", "one deployment per file"),
    "airflow: *nothing": (3, 10, "spec.syntax", "undefined alias"),
    "airflow: 'open": (3, 10, "spec.syntax", "quoted"),
    "airflow: [open": (3, 10, "spec.syntax", "flow sequence"),
    "airflow: {a: b: c}": (3, 15, "spec.syntax", "not valid YAML"),
    "airflow: \x07": (3, 10, "spec.syntax", "'\\x07' is not allowed"),
}


@pytest.mark.parametrize("text", CASES)
def test_a_mistake_is_found_where_it_is(problems: Problems, text: str) -> None:
    line, column, code, words = CASES[text]
    found = problems(HEAD + text + "\n")
    matching = [problem for problem in found if problem.code == code]
    assert matching, found
    assert (matching[0].line, matching[0].column) == (line, column), matching[0]
    assert words in f"{matching[0].message} {matching[0].fix}"
    assert matching[0].fix


def test_all_problems_are_reported_at_once_in_the_order_of_lines(problems: Problems) -> None:
    found = problems("apiVersion: airstrip/v0\nnme: x\nairflow:\n  version: 3.3\n  extra: []\ntarget: mars\nauth: x\n")
    assert [(problem.line, problem.code) for problem in found] == [
        (1, "spec.missing-key"),
        (1, "spec.unknown-api-version"),
        (2, "spec.unknown-key"),
        (4, "spec.airflow-version"),
        (5, "spec.unknown-key"),
        (6, "spec.unknown-target"),
        (7, "spec.not-yet"),
    ]


def test_an_unknown_version_names_the_known_ones(problems: Problems) -> None:
    (problem,) = problems("apiVersion: airstrip/v9\nname: a\n")
    assert problem.code == "spec.unknown-api-version"
    assert "airstrip/v1" in problem.fix


def test_a_missing_version_says_what_to_add(problems: Problems) -> None:
    (problem,) = problems("name: a\n")
    assert (problem.code, problem.fix) == ("spec.missing-key", "Add `apiVersion: airstrip/v1`.")


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "null\n", "\ufeff"])
def test_an_empty_file_is_told_what_to_hold(problems: Problems, text: str) -> None:
    (problem,) = problems(text)
    assert problem.code == "spec.empty"
    assert "apiVersion: airstrip/v1" in problem.fix


@pytest.mark.parametrize("text", ["- a\n", "airstrip\n", "3\n"])
def test_a_file_must_be_a_mapping(problems: Problems, text: str) -> None:
    assert "the file must be a mapping" in problems(text)[0].message


def test_a_duplicate_key_names_the_first(problems: Problems) -> None:
    (problem,) = problems(HEAD + "dags: {path: a}\ndags: {path: b}\n")
    assert (problem.code, problem.line, problem.column) == ("spec.duplicate-key", 4, 1)
    assert "line 3" in problem.message


def test_every_tab_is_reported(problems: Problems) -> None:
    found = problems(HEAD + "airflow:\n\tversion: 3.3.2\n  \textras: []\n")
    assert [(problem.code, problem.line, problem.column) for problem in found] == [
        ("spec.tab", 4, 1),
        ("spec.tab", 5, 3),
    ]


def test_text_that_is_not_utf8_says_where(problems: Problems) -> None:
    (problem,) = problems("apiVersion: airstrip/v1\nname: Ä\n".encode("latin-1"))
    assert (problem.code, problem.line, problem.column) == ("spec.not-utf8", 2, 7)


def test_aliases_of_aliases_do_not_fill_the_memory(problems: Problems) -> None:
    laughs = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    (problem,) = problems(HEAD + "l0: &l0 [ha]\n" + laughs)
    assert problem.code == "spec.too-large"


@pytest.mark.parametrize("text", ["[" * 5000, "x: " * 3 + "{a: " * 3000])
def test_deep_nesting_is_a_problem_not_a_crash(problems: Problems, text: str) -> None:
    assert problems(text)[0].code in ("spec.too-large", "spec.syntax")


def test_a_large_file_is_not_read(problems: Problems) -> None:
    assert problems("#" * 2_000_000)[0].code == "spec.too-large"


def test_a_name_that_is_no_namespace_of_its_own_needs_one(problems: Problems, load: Callable[[str], Spec]) -> None:
    text = "apiVersion: airstrip/v1\nname: default\n"
    (problem,) = problems(text)
    assert (problem.line, problem.column, problem.code) == (2, 1, "spec.conflict")
    assert "namespaces: {control: NAME}" in problem.fix
    assert load(text + "namespaces: {control: mine}\n").all_namespaces == ("mine", "default-workers")


@pytest.mark.parametrize("text", ["namespaces: {workers: [a]}", "namespaces: [a]", "namespaces: {control: {a: b}}"])
def test_a_namespace_that_is_no_text_is_told_as_that(problems: Problems, text: str) -> None:
    assert [problem.code for problem in problems(HEAD + text)] == ["spec.wrong-type"]


def test_a_problem_in_a_merged_value_is_reported_where_it_is_written(problems: Problems) -> None:
    found = problems(HEAD + "airflow: &base {version: 3.3}\nimage: {<<: *base}\n")
    assert [(problem.path, problem.line) for problem in found] == [("image.version", 3), ("airflow.version", 3)]


def test_a_names_fix_is_a_name(problems: Problems) -> None:
    (problem,) = problems("apiVersion: airstrip/v1\nname: 9 Lives_of Äirflow!\n")
    assert problem.fix == "For example: lives-of-irflow"
    (long,) = problems(f"apiVersion: airstrip/v1\nname: {'a' * 41}\n")
    assert long.fix == f"For example: {'a' * 40}"


def test_requirements_of_a_file_are_reported_in_that_file(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pandas\n--index-url https://user:word@host\n")
    (problem,) = problems(HEAD + "image: {requirements: {file: requirements.txt}}\n")
    assert (problem.file, problem.line) == (str(tmp_path / "requirements.txt"), 2)
    assert problem.text == ""


def test_packages_of_a_file_are_judged_as_those_of_a_list_are(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "pk.txt").write_text("# ours\nlibpq5\nFoo_Bar\n--evil\ng++ # why\n")
    found = problems(HEAD + "image: {packages: {file: pk.txt}}\n")
    assert [(problem.code, problem.line) for problem in found] == [("spec.bad-package", 3), ("spec.bad-package", 4)]
    assert {problem.file for problem in found} == {str(tmp_path / "pk.txt")}


def test_a_mistake_in_one_file_hides_none_in_another(load: Callable[[str], Spec], tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pandas\n-r more.txt\n")
    (tmp_path / "pk.txt").write_bytes(b"libpq5\n\xff\n")
    text = "nme: x\nimage: {requirements: {file: requirements.txt}, packages: {file: pk.txt}, reff: x}\nname: b\n"
    with pytest.raises(SpecError) as raised:
        load(HEAD + text)
    assert [(Path(problem.file).name, problem.line, problem.code) for problem in raised.value.problems] == [
        ("airstrip.yaml", 3, "spec.unknown-key"),
        ("airstrip.yaml", 4, "spec.unknown-key"),
        ("airstrip.yaml", 5, "spec.duplicate-key"),
        ("requirements.txt", 2, "spec.bad-requirement"),
        ("pk.txt", 2, "spec.not-utf8"),
    ]
    assert raised.value.message.replace(f"{tmp_path}/", "") == (
        "airstrip.yaml: 3 problems, requirements.txt: 1 problem, pk.txt: 1 problem"
    )


def test_merges_of_merges_do_not_fill_the_memory(problems: Problems) -> None:
    bombs = "".join(f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}]}}\n" for n in range(1, 12))
    found = problems(HEAD + "m0: &m0 {a: 1}\n" + bombs)
    assert [problem.code for problem in found] == ["spec.too-large"]
