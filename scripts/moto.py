"""Starts moto's server on 127.0.0.1 with fixes for its ECS, and prints its URL as one JSON line.

Without these fixes RunTask on Fargate answers 500:
- a container definition without `memory` counts as 0 (Fargate gives memory to the task);
- a network configuration without `securityGroups` counts as empty (AWS takes the default group).

Exits on SIGTERM, and when its standard input closes, so that it ends with its parent process.
"""

import argparse
import inspect
import json
import os
import sys
import threading

# This file has the package's name and its folder comes first on the path, so it would import
# itself.
sys.path.pop(0)

from moto.ecs import models
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def repaired(method, repair):
    """Wraps the method so that `repair` gets its arguments by name first."""
    signature = inspect.signature(method)

    def call(self, *args, **kwargs):
        bound = signature.bind(self, *args, **kwargs)
        repair(bound.arguments)
        return method(*bound.args, **bound.kwargs)

    return call


def count_missing_memory_as_zero(task_definition) -> None:
    for container in task_definition.container_definitions:
        if "memoryReservation" not in container:
            container.setdefault("memory", 0)


def count_missing_security_groups_as_none(arguments) -> None:
    network = (arguments.get("networking_configuration") or {}).get("awsvpcConfiguration")
    if network is not None:
        network.setdefault("securityGroups", [])


def repair_moto() -> None:
    backend = models.EC2ContainerServiceBackend
    backend.run_task = repaired(backend.run_task, count_missing_security_groups_as_none)
    requirements = backend._calculate_task_resource_requirements

    def requirements_of(task_definition):
        count_missing_memory_as_zero(task_definition)
        return requirements(task_definition)

    backend._calculate_task_resource_requirements = staticmethod(requirements_of)


def end_with_standard_input() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    port = parser.parse_args().port
    repair_moto()
    server = make_server("127.0.0.1", port, DomainDispatcherApplication(create_backend_app), threaded=True)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
