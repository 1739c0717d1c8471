"""The places where Airflow lands, one file or folder each: the only code that names places.

May import kube, embedded, spec, platform and the foundations; operations see a place only as a `Target`.
"""
