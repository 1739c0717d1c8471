"""What the DAG files use that Airflow, or a provider, says it will not have any more: read by importing them."""

from airstrip_dev.report import is_below, request, tell
from airstrip_pods.dag_runs import DagFiles

_KINDS = ("Deprecat", "RemovedIn")


def main():
    folder = request()["folder"]
    bag = DagFiles(folder)
    texts = dict.fromkeys(text for captured in bag.captured_warnings.values() for text in captured)
    for text in texts:
        # As Airflow keeps a warning: `FILE:LINE: KIND: MESSAGE`.
        place, _, rest = text.partition(": ")
        kind, _, message = rest.partition(": ")
        file, _, line = place.rpartition(":")
        if is_below(file, folder) and line.isdigit() and any(part in kind for part in _KINDS):
            tell("deprecated", file=file, line=int(line), rule=kind.rpartition(".")[2], message=message)
    tell("parsed", errors=bag.import_errors)


if __name__ == "__main__":
    main()
