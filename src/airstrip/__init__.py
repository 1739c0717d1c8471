"""Airstrip lands Apache Airflow on any Kubernetes from one typed file."""

__version__ = "0.1.0"
