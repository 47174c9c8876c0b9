"""Reads ECS events with tags as JSON, and prints what the unchanged Python observer emits for each."""

import asyncio
import json
import sys
from contextlib import asynccontextmanager

import prefect_aws.observers.ecs as observers

emitted = []


class Recorder:
    async def emit(self, event):
        emitted.append(event.model_dump(mode="json"))


@asynccontextmanager
async def recording():
    yield Recorder()


async def main():
    observers.get_events_client = recording
    for case in json.load(sys.stdin):
        await observers.replicate_ecs_event(case["event"], case["tags"])
    print(json.dumps(emitted))


asyncio.run(main())
