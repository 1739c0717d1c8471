"""What runs in Airflow's environment on an author's machine, by that environment's Python; Airstrip is not there.

A package, so that no module of the author's has the name of one of these.
"""
