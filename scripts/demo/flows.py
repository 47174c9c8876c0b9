"""The three flows of `npm run demo`."""

import os
import sys
import time

from prefect import flow, get_run_logger, task


@task
def fetch(city: str) -> int:
    time.sleep(0.5)
    temperature = len(city) * 3
    get_run_logger().info("it is %s degrees in %s", temperature, city)
    return temperature


@flow(log_prints=True)
def weather() -> float:
    """Completes: three task runs, with their logs in Prefect."""
    temperatures = [fetch(city) for city in ("Lisbon", "Oslo", "Quito")]
    average = sum(temperatures) / len(temperatures)
    print(f"average: {average:.1f} degrees")
    return average


@flow
def division() -> float:
    """Fails in user code."""
    return 1 / 0


@flow
def never_reached() -> None:
    """Never runs: its deployment's command exits before it reaches Prefect."""
    sys.exit(os.EX_SOFTWARE)
