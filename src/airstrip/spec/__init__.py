"""What the user wrote: the file's models, its errors with line numbers, its defaults.

Knows no place: the parts of the file that belong to one are passed in. May import the foundations only.
"""

from airstrip.spec.fields import API_VERSION, FilePath, invalid, is_built_reference
from airstrip.spec.load import FILE_NAME, find_file, load_spec, read_spec, wanted_file
from airstrip.spec.models import SpecFile
from airstrip.spec.project_words import Forgotten, ProjectWords, make_project, without
from airstrip.spec.resolved import (
    Airflow,
    Component,
    Dags,
    Database,
    Expose,
    GitBundle,
    GitSync,
    Image,
    Ingress,
    LoadBalancer,
    Namespaces,
    Patch,
    Project,
    Quota,
    Spec,
)
from airstrip.spec.schema import json_schema
from airstrip.spec.written import Alternatives, TargetSpec, Written

__all__ = [
    "API_VERSION",
    "FILE_NAME",
    "Airflow",
    "Alternatives",
    "Component",
    "Dags",
    "Database",
    "Expose",
    "FilePath",
    "Forgotten",
    "GitBundle",
    "GitSync",
    "Image",
    "Ingress",
    "LoadBalancer",
    "Namespaces",
    "Patch",
    "Project",
    "ProjectWords",
    "Quota",
    "Spec",
    "SpecFile",
    "TargetSpec",
    "Written",
    "find_file",
    "invalid",
    "is_built_reference",
    "json_schema",
    "load_spec",
    "make_project",
    "read_spec",
    "wanted_file",
    "without",
]
