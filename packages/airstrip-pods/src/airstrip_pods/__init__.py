"""Projects for DAG authors: a project's pods, data and database by its name, on a laptop and in a cloud alike."""

__version__ = "0.1.0"
