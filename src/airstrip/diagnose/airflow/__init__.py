"""What only Airflow, its database, Secrets, logs, settings and DAGs tell: facts, probes and rules of their own.

May import what `diagnose` may.
"""
