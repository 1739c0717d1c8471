"""Task images from conda's packages: an `environment.yml` instead of requirements.txt.

environment.py  that file, as a value
rattler.py      the program that solves and installs; program.py is run by it, with py-rattler, in a process of its own
layer.py        what was locked, as a layer
"""
