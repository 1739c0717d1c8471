"""A notebook that is run with parameters; it and the picture that it draws are kept in the project's data."""

import logging
import os
import shutil
import tempfile
from pathlib import Path

from airflow.sdk import Param, dag, get_current_context, task

from airstrip_pods import open_data, project

NAME = "examples"
EXAMPLES = project(NAME)
NOTEBOOK = Path(__file__).parent / "notebooks" / "rides.ipynb"
log = logging.getLogger(__name__)


def keep(file):
    """There under its name when it is whole."""
    path = f"papermill/{get_current_context()['run_id']}/{file.name}"
    with file.open("rb") as source, open_data(NAME, path, "wb") as kept:
        shutil.copyfileobj(source, kept)
    log.info("kept %s, %d kB", file.name, file.stat().st_size >> 10)


@dag(schedule=None, tags=["example"], doc_md=__doc__, params={"days": Param(7, type="integer", minimum=2)})
def example_papermill():
    @task(**EXAMPLES.task)
    def run():
        # Imported where it is needed: the DAG processor reads this file all the time.
        import papermill

        with tempfile.TemporaryDirectory() as name:
            # A task's home is read-only; Jupyter and Matplotlib write there.
            os.environ.update(HOME=name, IPYTHONDIR=name, JUPYTER_RUNTIME_DIR=name, MPLCONFIGDIR=name)
            picture, after = Path(name, "rides.png"), Path(name, "rides.ipynb")
            given = {"days": get_current_context()["params"]["days"], "picture": str(picture)}
            try:
                papermill.execute_notebook(NOTEBOOK, after, given, progress_bar=False)
            finally:
                # When it failed, its cells say where.
                keep(after)
            keep(picture)

    run()


example_papermill()
