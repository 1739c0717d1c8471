"""The database, told by what is there and by what components that cannot work with it log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airstrip.diagnose.airflow.look import AIRFLOW_COMPONENTS, airflow, control_of, signs_of, subject
from airstrip.diagnose.airflow.signs import RECENT
from airstrip.diagnose.facts import ContainerFact, Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule, of
from airstrip.findings import Explanation

DATABASE = "postgresql"
"""The component."""
_CLIENTS = (*AIRFLOW_COMPONENTS, "migration")
_ROOT = frozenset(
    {
        "database.stopped",
        "database.login-refused",
        "database.too-many-connections",
        "database.disk-full",
        "secret.database-url",
        "database.url-refused",
        "database.not-ours",
    }
)


def _stopped(facts: Facts) -> Iterator[Match]:
    stopped = [each for each in facts.workloads if each.component == DATABASE and each.wanted == 0]
    if stopped:
        seen = "\n".join(f"{each.kind} {each.name}: spec.replicas is 0, {each.ready} ready" for each in stopped)
        yield Match(subject(facts, DATABASE), {}, seen, _of_clients(facts))


def _told(facts: Facts, sign: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """As `signs_of`, of the database and its clients only: a task's pod speaks of databases of its own."""
    return (found for found in signs_of(facts, sign) if found[1] in (*_CLIENTS, DATABASE))


def _disk_full(facts: Facts) -> Iterator[Match]:
    """In PostgreSQL's own words; or its own pod lacks room: with any other, it is another disk."""
    told = [*_told(facts, "disk"), *(found for found in _told(facts, "no-room") if found[1] == DATABASE)]
    if told:
        fields = {"namespace": control_of(facts)}
        yield Match(subject(facts, DATABASE), fields, "\n".join(told[0][2]), _of_clients(facts))


def _told_by(sign: str) -> Callable[[Facts], Iterator[Match]]:
    """One finding, however many components say it: their other troubles follow from it."""

    def matches(facts: Facts) -> Iterator[Match]:
        # The database's own log says it of each client that it turns away: last of all.
        told = sorted(_told(facts, sign), key=lambda found: found[1] == DATABASE)
        if told:
            _, component, lines = told[0]
            yield Match(subject(facts, DATABASE), {"component": component}, "\n".join(lines), _of_clients(facts))

    return matches


def _login_refused(facts: Facts) -> Iterator[Match]:
    told = [found for found in _told(facts, "login") if found[1] != DATABASE]
    if told:
        _, component, lines = told[0]
        yield Match(subject(facts, DATABASE), {"component": component}, "\n".join(lines), _of_clients(facts))


def _unreachable(facts: Facts) -> Iterator[Match]:
    """One finding, whoever says it; nothing where the database's own pod fails: that says more."""
    for pod, container in facts.containers():
        if pod.component == DATABASE and _fails(container):
            return
    told = {component: (about, said) for about, component, said in _told(facts, "unreachable") if component != DATABASE}
    if told:
        seen = "\n".join(f"{component}: {said[-1]}" for component, (_, said) in sorted(told.items()))
        yield Match(
            subject(facts, "way-to-database"),
            {"components": ", ".join(sorted(told))},
            seen,
            [about for about, _ in told.values()],
        )


def _fails(container: ContainerFact) -> bool:
    """Now: what restarted long ago, as with its node, is well since."""
    just_ended = container.last_ended is not None and container.last_ended < RECENT
    return (not container.ready and (container.restarts > 0 or container.state == "terminated")) or just_ended


def _airflow_says(facts: Facts) -> Iterator[Match]:
    if airflow(facts).database == "unhealthy":
        seen = "Airflow's health: metadatabase unhealthy"
        yield Match(subject(facts, DATABASE), {}, seen, _of_clients(facts))


def _of(matches: Callable[[Facts], Iterator[Match]], *, ours: bool) -> Callable[[Facts], Iterator[Match]]:
    """Of our database alone, or of one that database.url names."""

    def gated(facts: Facts) -> Iterator[Match]:
        if (facts.deployment is None or facts.deployment.database_is_ours) == ours:
            yield from matches(facts)

    return gated


def _schema(sign: str) -> Callable[[Facts], Iterator[Match]]:
    def matches(facts: Facts) -> Iterator[Match]:
        told = [found for found in _told(facts, sign) if found[1] != DATABASE]
        if told:
            _, component, lines = told[0]
            fields = {"component": component}
            yield Match(subject(facts, "schema"), fields, "\n".join(lines), [about for about, _, _ in told])

    return matches


def _of_clients(facts: Facts) -> list[str]:
    jobs = [f"{job.namespace}/{job.name}" for job in facts.jobs if job.component == "migration"]
    return [*(subject(facts, component) for component in _CLIENTS), *jobs]


DATABASE_FIRST_RULES: tuple[Rule, ...] = (
    Rule(
        "database.stopped",
        "the database has no pod",
        "Somebody scaled its StatefulSet postgresql to zero.",
        "Run: ./airstrip up",
        _stopped,
    ),
)

DATABASE_RULES: tuple[Rule, ...] = (
    Rule(
        "database.login-refused",
        "the database refuses the login of {component}",
        "The password in Secret airflow-database is not the one that the database was made with.",
        "Put the old Secret back, then run: ./airstrip up   (or, where the data may go: ./airstrip down --data first)",
        _of(_login_refused, ours=True),
        frozenset({"database.stopped", "secret.database-url"}),
    ),
    Rule(
        "database.url-refused",
        "the database that database.url names refuses the login of {component}",
        "The user or the password in the URL is another one, or the server lets nobody in from these addresses.",
        "Correct what the reference names, or the server's pg_hba.conf; then run: ./airstrip up",
        _of(_login_refused, ours=False),
    ),
    Rule(
        "database.not-ours",
        "the database that database.url names is not this deployment's",
        "It has the tables of another Airflow, or of this one before its keys went (down --data): migrated they may be"
        " of no use to that Airflow, and what is stored in them is not read with other keys.",
        "Name an empty database; or put the old keys back into Secret airflow-keys, and run: ./airstrip up   (to give"
        " it to this deployment, first run in it: CREATE TABLE IF NOT EXISTS airstrip (fernet_key varchar(64));"
        " INSERT INTO airstrip VALUES ('any');)",
        _of(_schema("not-ours"), ours=False),
    ),
    Rule(
        "database.too-many-connections",
        "the database has no connection left for {component}",
        "All of max_connections are taken: by idle clients, by too many pods, or by code in DAG files that opens some.",
        "End who holds them, as the database's log tells (./airstrip logs postgresql); and use fewer replicas, or a"
        " smaller airflow.config.database.sql_alchemy_pool_size, then run: ./airstrip up",
        _told_by("connections"),
        frozenset({"database.stopped"}),
    ),
    Rule(
        "database.disk-full",
        "the database's volume is full",
        "PostgreSQL can write nothing any more: old runs, logs of the database, or something else on that disk.",
        "Free room on that disk, then delete old runs: kubectl -n {namespace} exec deploy/scheduler -- airflow db clean"
        " --clean-before-timestamp DATE --yes",
        _disk_full,
        frozenset({"database.stopped"}),
    ),
    Rule(
        "database.newer-than-image",
        "the database was migrated by a newer Airflow than the image's",
        "Airflow finds a revision in it that it does not have: the image went back to an older version.",
        "Land the newer version again: airflow.version in the file, then ./airstrip up",
        _schema("newer"),
        _ROOT,
    ),
    Rule(
        "database.not-migrated",
        "{component} finds a database that was not migrated for it",
        "The migration did not run to its end, or the database has another Airflow's tables.",
        "Migrate it: ./airstrip down; ./airstrip up   (data stays)",
        _schema("not-migrated"),
        _ROOT | {"database.newer-than-image"},
    ),
    Rule(
        "database.pooler",
        "{component} and a connection pooler do not get on",
        "A pooler that shares connections between transactions breaks prepared statements and start parameters.",
        "Pool by session, use PgBouncer 1.21 or newer with max_prepared_statements, or connect without it; what"
        " it says: ./airstrip logs {component}",
        _schema("pooler"),
        _ROOT,
    ),
    Rule(
        "database.unreachable",
        "the database is not reached by {components}",
        "The database's pod is down, its Service has no endpoint, or the network is closed in between.",
        "Look at it: ./airstrip logs postgresql; then run: ./airstrip up",
        _of(_unreachable, ours=True),
        _ROOT,
    ),
    Rule(
        "database.url-unreachable",
        "the database that database.url names is not reached by {components}",
        "The server does not run or does not listen on that address, a firewall is in between, or the cluster's DNS"
        " does not know its name.",
        "See that it listens for others than its own machine (listen_addresses) and that pods may connect; then run:"
        " ./airstrip up",
        _of(_unreachable, ours=False),
        _ROOT,
    ),
)

UNHEALTHY = Explanation(
    "database.unhealthy",
    "Airflow says that its database is unhealthy",
    "The database is starting, is overloaded, or lost its tables.",
    "Read its log: ./airstrip logs postgresql; of one that database.url names, its server's",
)

DATABASE_SYMPTOM_RULES: tuple[Rule, ...] = (
    Rule.of(
        UNHEALTHY,
        _airflow_says,
        _ROOT
        | {"database.unreachable", "database.url-unreachable", "database.not-migrated", "database.newer-than-image"}
        | of(("api-server", DATABASE), ("pod.crash-loop", "pod.probe-failing")),
    ),
)
"""What Airflow's own health check adds, where nothing else tells why."""
