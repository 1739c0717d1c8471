"""What an author of DAGs does on this machine alone: no root, no cluster.

Belongs here: the environment of Airflow's processes here, their home, and what is made of their words. The
programs that run in there, by the environment's own Python, are files in templates/dev.

    home.py        .airstrip/NAME/dev: database, keys, data
    variables.py   the environment variables of Airflow's processes; projects.py: those of a project's tasks
    alone.py       one at a time
    program.py     starting one of the programs, and its reports
    course.py      reports of a run as events; findings.py: what went wrong in it
    dev.py, testing.py, upgrade.py, serving.py   the verbs
"""
