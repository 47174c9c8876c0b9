"""Flows that the end-to-end tests deploy. Each flow process costs about 4.5 CPU seconds."""

import os
import pathlib
import time

from prefect import flow, get_run_logger, task


@task
def extract(amount: int) -> list[int]:
    get_run_logger().info("extracting %s", amount)
    return list(range(amount))


@task
def transform(numbers: list[int]) -> list[int]:
    return [number * 2 for number in numbers]


@task
def load(numbers: list[int]) -> int:
    total = sum(numbers)
    get_run_logger().info("loaded a total of %s", total)
    return total


@flow
def three_tasks(amount: int = 3) -> int:
    return load(transform(extract(amount)))


@flow
def raises() -> None:
    raise ValueError("this flow fails on purpose")


@flow
def waits_for(file: str) -> None:
    """Runs until the file exists, so that a test decides when it ends."""
    while not pathlib.Path(file).exists():
        time.sleep(0.1)


@flow
def leaves_a_mark(folder: str) -> None:
    """Each execution of user code leaves one line: a doubled run would leave two."""
    with open(pathlib.Path(folder) / os.environ["PREFECT__FLOW_RUN_ID"], "a") as mark:
        mark.write("x")
