"""Task images: what a task's own container is made from, in a folder of a few lines.

    NAME/image.yaml         what it is, and Debian packages
    NAME/requirements.txt   Python packages, with ranges of versions
    NAME/requirements.lock  the same with versions and hashes, by `airstrip image lock`
    NAME/check.py           the image's own check, which `airstrip image test` runs in the cluster

A library of them ships in images/library; users copy from it into `images/` beside their file.

    definition.py  reading such a folder; library.py: those that there are, and copying one
    resolve.py     its lock; build.py: the image
"""
