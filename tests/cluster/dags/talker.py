"""Prints numbered lines for a quarter of a minute, and a line that stays the same between them."""

from __future__ import annotations

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
            time.sleep(0.05)

    talk()


talker()
