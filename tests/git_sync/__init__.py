"""A git-sync of the tests' own, and an image of it.

Belongs here: what stands in for a program that the tests cannot install. It keeps git-sync's contract as far as
Airstrip goes by it. Where there is a real one, `AIRSTRIP_TEST_GIT_SYNC=PATH` has the same tests run that.
"""
