"""Prints numbered lines for a quarter of a minute, and a line that stays the same between them.

In the midst of it, it waits while a test wants that.
"""

from __future__ import annotations

import pathlib
import time

from airflow.sdk import dag, task


@dag(schedule=None)
def talker() -> None:
    @task
    def talk() -> None:
        for number in range(300):
            print(f"line {number:03d}")
            if number % 50 == 0:
                print("again\nagain")
            while number == 150 and pathlib.Path(__file__).with_suffix(".wait").exists():
                time.sleep(0.1)
            time.sleep(0.05)

    talk()


talker()
