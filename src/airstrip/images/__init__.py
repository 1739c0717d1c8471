"""Container images without Docker: Debian packages and a Python environment as an OCI layout on disk.

Belongs here: what goes into an image, building its layers, the cache of both. Does not: importing
into a place (targets do that), and anything that knows Kubernetes or the user's file.
May import the foundations only: errors, events, process.

    request.py       what is asked for and what comes of it: plain values
    airflow.py       the Airflow image: a system layer, an environment layer, the pods package's
    tasks/           task images, which users describe in a folder of a few lines
    containerfile/   what Docker or Podman builds instead; builder.py: who builds
    registry/        pushing an image to a registry
    library/         task images to copy from
    postgresql.py    the PostgreSQL image: one system layer
    dags.py          the Airflow image with a folder of DAGs on top; dags_layer.py: that layer
    build.py         the course of a build; contents.py: what it gives; prune.py: taking old images away
    recipe.py        what is in a Debian system; system.py makes it a layer with mmdebstrap
    sources.py       the mirrors it comes from; rootfs.py: the folder that it is meanwhile
    pods_package.py  airstrip_pods, as it is installed here, as a layer
    requirements.py  the locked, hashed set of Python packages; environment.py installs it, lock.py keeps it
    virtual_environment.py  the same packages on this machine, for authors of DAGs; environments.py: all of these
    layer.py, oci.py reproducible tar layers; the OCI layout around them
    store.py         the cache: layers by the hash of their inputs, layouts, locks, staging
"""

from airstrip.images.airflow import airflow_lock, airflow_packages, ensure_airflow_image, plan_airflow_image
from airstrip.images.airflow import container_recipe as airflow_container_recipe
from airstrip.images.builder import Builder
from airstrip.images.containerfile.build import write_build_context
from airstrip.images.containerfile.recipe import ContainerRecipe
from airstrip.images.containerfile.render import render_containerfile
from airstrip.images.dags import DAGS_IMAGE, ensure_dags_image, plan_dags_image
from airstrip.images.dags_layer import DagsRequest
from airstrip.images.environments import virtual_environment
from airstrip.images.postgresql import ensure_postgresql_image, plan_postgresql_image
from airstrip.images.prune import images_in_use, prune_images
from airstrip.images.registry.destination import Destination, parse_destination
from airstrip.images.registry.logins import Login, NoLogin, find_login
from airstrip.images.registry.push import Pushed, push_image
from airstrip.images.request import AirflowImageRequest, BuiltImage, ImagePlan, ReadyImage
from airstrip.images.tasks.build import container_recipe as task_container_recipe
from airstrip.images.tasks.build import current_name, ensure_task_image, plan_task_image, task_image_status
from airstrip.images.tasks.definition import TaskImage, check_name
from airstrip.images.tasks.library import LIBRARY, copy_task_image, find_task_image, own_images, task_images
from airstrip.images.tasks.resolve import lock_task_image, require_lock
from airstrip.images.virtual_environment import VirtualEnvironment, find_virtual_environment

__all__ = [
    "DAGS_IMAGE",
    "LIBRARY",
    "AirflowImageRequest",
    "Builder",
    "BuiltImage",
    "ContainerRecipe",
    "DagsRequest",
    "Destination",
    "ImagePlan",
    "Login",
    "NoLogin",
    "Pushed",
    "ReadyImage",
    "TaskImage",
    "VirtualEnvironment",
    "airflow_container_recipe",
    "airflow_lock",
    "airflow_packages",
    "check_name",
    "copy_task_image",
    "current_name",
    "ensure_airflow_image",
    "ensure_dags_image",
    "ensure_postgresql_image",
    "ensure_task_image",
    "find_login",
    "find_task_image",
    "find_virtual_environment",
    "images_in_use",
    "lock_task_image",
    "own_images",
    "parse_destination",
    "plan_airflow_image",
    "plan_dags_image",
    "plan_postgresql_image",
    "plan_task_image",
    "prune_images",
    "push_image",
    "render_containerfile",
    "require_lock",
    "task_container_recipe",
    "task_image_status",
    "task_images",
    "virtual_environment",
    "write_build_context",
]
