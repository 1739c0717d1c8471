"""What tests/cluster/test_git_dags.py pushes: two tasks that print the commit's own word, the second after a sign."""

import time

from airflow.sdk import Variable, dag, task

WORD = "FIRST"
SIGN = "airstrip_test_go"


@dag(schedule=None, is_paused_upon_creation=False)
def pinned():
    @task
    def begin():
        print("the word is", WORD, flush=True)
        while Variable.get(SIGN, default="") != "go":
            time.sleep(1)

    @task
    def end():
        print("the word is", WORD, flush=True)

    begin() >> end()


pinned()
