"""The Python worker's own functions behind a line protocol: a line of JSON in, a line of JSON out.

Nothing here computes a result of its own. Calls to Prefect and AWS are answered from the request's
facts.
"""

import asyncio
import functools
import json
import logging
import os
import shutil
import sys
import tempfile
import uuid
import warnings
from pathlib import Path
from types import SimpleNamespace

warnings.simplefilter("ignore")

import botocore.exceptions
import botocore.serialize
import botocore.session
import botocore.validate
import prefect.exceptions
import prefect.settings.sources
import prefect.workers.base as base
import prefect_aws.workers.ecs_worker as ecs
from botocore.config import Config
from prefect_aws.assume_role_parameters import AssumeRoleParameters
from prefect_aws.client_parameters import AwsClientParameters
from prefect.client.schemas.objects import Flow, FlowRun, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.settings.models.root import Settings
from prefect.utilities.annotations import NotSet
from prefect.utilities.processutils import command_from_string
from prefect.utilities.templating import (
    apply_values,
    find_placeholders,
    resolve_block_document_references,
    resolve_variables,
)
from slugify import slugify
from tenacity import Retrying

resolve_blocks = resolve_block_document_references.__wrapped__
resolve_prefect_variables = resolve_variables.__wrapped__
base.resolve_block_document_references = lambda template, client: resolve_blocks(template, client=client)
base.resolve_variables = lambda template, client: resolve_prefect_variables(template, client=client)
ecs.ECSJobConfiguration.from_template_and_values = classmethod(
    ecs.ECSJobConfiguration.from_template_and_values.__func__.__wrapped__
)
prepare_for_flow_run = ecs.ECSJobConfiguration.prepare_for_flow_run
unset_names = []


def prepare_and_remember(self, *arguments, **named):
    unset_names[:] = [name for name, value in self.env.items() if value is None]
    return prepare_for_flow_run(self, *arguments, **named)


ecs.ECSJobConfiguration.prepare_for_flow_run = prepare_and_remember
ecs.get_prefect_image_name = lambda: os.environ["PREFECT_INTEGRATIONS_AWS_ECS_WORKER_DEFAULT_IMAGE"]
ecs.Retrying = functools.partial(Retrying, sleep=lambda seconds: None)
logging.disable(logging.CRITICAL)

ACCOUNT = "123456789012"
HOME = Path(tempfile.mkdtemp(prefix="prefect-ecs-reference-"))
os.chdir(HOME)
prefect.settings.sources.DEFAULT_PREFECT_HOME = HOME
EMPTY_PROFILE = 'active = "empty"\n[profiles.empty]\n'


@functools.lru_cache
def settings_passed_on(worker):
    """Settings of the bundle's worker, not of this process. Cached, since they are slow to read."""
    return Settings().to_environment_variables(exclude_unset=True)


def become(worker):
    """Takes the environment and profiles of the bundle's worker, as Prefect's settings see them."""
    os.environ.clear()
    os.environ.update({"HOME": str(HOME), **worker["environment"]})
    profiles = worker.get("profiles_toml", EMPTY_PROFILE)
    (HOME / "profiles.toml").unlink(missing_ok=True)
    if profiles is not None:
        (HOME / "profiles.toml").write_text(profiles)
    prefect.settings.sources._file_cache.clear()
    passed_on = settings_passed_on(json.dumps([worker["environment"], profiles]))
    ecs.ECSJobConfiguration._base_environment = classmethod(lambda cls: dict(passed_on))



class Prefect:
    def __init__(self, bundle):
        self.blocks = bundle.get("block_documents") or []
        self.variables = bundle.get("variables") or {}
        self.deployment = bundle.get("deployment")
        self.flow = bundle.get("flow")

    async def read_block_document(self, block_document_id):
        return self._block(lambda block: block["id"] == str(block_document_id))

    async def read_block_document_by_name(self, name, block_type_slug):
        return self._block(lambda block: block["name"] == name and block["block_type"]["slug"] == block_type_slug)

    async def read_variable_by_name(self, name):
        return SimpleNamespace(value=self.variables[name]) if name in self.variables else None

    async def read_deployment(self, deployment_id):
        return DeploymentResponse.model_validate(self.deployment)

    async def read_flow(self, flow_id):
        return Flow.model_validate(self.flow)

    def _block(self, is_it):
        for block in self.blocks:
            if is_it(block):
                return SimpleNamespace(data=block["data"])
        raise prefect.exceptions.ObjectNotFound(http_exc=Exception("404"))


ECS_MODEL = botocore.session.get_session().get_service_model("ecs")
VALIDATOR = botocore.validate.ParamValidator()
SERIALIZER = botocore.serialize.create_serializer("json")


def sent(operation, parameters):
    """The body that boto3 would send, or its error, both made by botocore's own code."""
    model = ECS_MODEL.operation_model(operation)
    report = VALIDATOR.validate(parameters, model.input_shape)
    if report.has_errors():
        raise botocore.exceptions.ParamValidationError(report=report.generate_report())
    return json.loads(SERIALIZER.serialize_to_request(parameters, model)["body"])


class Ecs:
    def __init__(self, aws, region):
        self.definitions = aws.get("task_definitions") or []
        self.meta = SimpleNamespace(region_name=region)
        self.registered = None
        self.run = None

    def describe_task_definition(self, taskDefinition):
        sent("DescribeTaskDefinition", {"taskDefinition": taskDefinition})
        exact = [
            one
            for one in self.definitions
            if taskDefinition in (one["taskDefinitionArn"], f"{one['family']}:{one['revision']}")
        ]
        active = [one for one in self.definitions if one["family"] == taskDefinition and one["status"] == "ACTIVE"]
        newest = sorted(active, key=lambda one: -one["revision"])
        for found in exact + newest:
            return {"taskDefinition": json.loads(json.dumps(found))}
        raise botocore.exceptions.ClientError(
            {"Error": {"Code": "ClientException", "Message": "Unable to describe task definition."}},
            "DescribeTaskDefinition",
        )

    def register_task_definition(self, **definition):
        self.registered = sent("RegisterTaskDefinition", definition)
        family = definition["family"]
        revision = 1 + max([one["revision"] for one in self.definitions if one["family"] == family], default=0)
        arn = f"arn:aws:ecs:{self.meta.region_name}:{ACCOUNT}:task-definition/{family}:{revision}"
        return {"taskDefinition": {**definition, "taskDefinitionArn": arn}}

    def run_task(self, **request):
        self.run = sent("RunTask", request)
        arn = f"arn:aws:ecs:{self.meta.region_name}:{ACCOUNT}:task/default/{'0' * 32}"
        return {"tasks": [{"taskArn": arn, "clusterArn": "default"}], "failures": []}


class Ec2:
    def __init__(self, aws):
        self.aws = aws

    def describe_vpcs(self, VpcIds=None, Filters=None):
        vpcs = self.aws.get("vpcs") or []
        return {"Vpcs": [one for one in vpcs if (one["IsDefault"] if VpcIds is None else one["VpcId"] in VpcIds)]}

    def describe_subnets(self, Filters):
        (vpc_id,) = Filters[0]["Values"]
        return {"Subnets": [one for one in self.aws.get("subnets") or [] if one["VpcId"] == vpc_id]}


class Recorder(logging.Logger):
    def __init__(self, name, logs):
        super().__init__(name)
        self.name, self.logs = name, logs

    def isEnabledFor(self, level):
        return level >= logging.WARNING

    def handle(self, record):
        self.logs.append({"logger": self.name, "level": record.levelname.lower(), "message": record.getMessage()})


async def render(bundle):
    """The payloads that the Python worker sends for a bundle (docs/bundles.md)."""
    logs, prefect_api = [], Prefect(bundle)
    become(bundle["worker"])
    flow_run = FlowRun.model_validate(bundle["flow_run"])
    pool = WorkPool.model_validate(bundle["work_pool"])
    ecs._TASK_DEFINITION_CACHE.clear()
    if bundle.get("cached_task_definition_arn"):
        owner = flow_run.deployment_id or flow_run.flow_id
        ecs._TASK_DEFINITION_CACHE[owner] = bundle["cached_task_definition_arn"]
    client = None
    rendered = {"register_task_definition": None, "run_task": None, "error": None, "logs": logs, "asked_for": None}
    try:
        configuration = await ecs.ECSJobConfiguration.resolve_for_flow_run(
            flow_run,
            client=prefect_api,
            work_pool=pool,
            worker_name=bundle["worker"]["name"],
            worker_id=uuid.UUID(bundle["worker"]["id"]) if bundle["worker"]["id"] else None,
        )
        asked_for = {
            "request": configuration.task_run_request,
            "definition": configuration.task_definition,
            "unset": unset_names,
        }
        rendered["asked_for"] = json.loads(json.dumps(asked_for))
        region = configuration.aws_credentials.region_name or os.environ["AWS_DEFAULT_REGION"]
        client, ec2 = Ecs(bundle["aws"], region), Ec2(bundle["aws"])
        type(configuration.aws_credentials).get_client = lambda self, name: ec2 if name == "ec2" else client
        worker = ecs.ECSWorker.__new__(ecs.ECSWorker)
        worker._work_pool_name, worker._work_pool = pool.name, pool
        worker._logger = Recorder("worker", logs)
        worker._prepare_and_create_task(Recorder("flow_run", logs), client, configuration, flow_run)
        rendered["run_task"] = client.run
    except Exception as error:
        rendered["error"] = {"name": type(error).__name__, "message": str(error)}
    if client is not None:
        rendered["register_task_definition"] = client.registered
    return rendered


def value_or_unset(value):
    return {"unset": True} if value is NotSet else {"value": value}


async def resolve(request):
    client = Prefect({"block_documents": request["block_documents"], "variables": request["variables"]})
    template = await resolve_blocks(request["template"], client=client)
    return {"value": await resolve_prefect_variables(template, client=client)}


def apply(request):
    os.environ.clear()
    os.environ.update(request["environment"])
    return value_or_unset(apply_values(request["template"], request["values"]))


def tag(text):
    return slugify(text, regex_pattern=ecs._TAG_REGEX, allow_unicode=True, lowercase=False)


def equal(generated, retrieved):
    logger = logging.getLogger("equal")
    return ecs.ECSWorker._task_definitions_equal(None, generated, retrieved, logger)


async def answer(request):
    match request["operation"]:
        case "find":
            return {"value": sorted({one.name for one in find_placeholders(request["template"])})}
        case "apply":
            return apply(request)
        case "resolve":
            return await resolve(request)
        case "repr":
            return {"value": repr(request["value"])}
        case "name-slug":
            return {"value": slugify(request["text"])}
        case "tag-slug":
            return {"value": tag(request["text"])}
        case "shell-words":
            return {"value": command_from_string(request["text"])}
        case "equal":
            return {"value": equal(request["generated"], request["retrieved"])}
        case "client-options":
            return {"value": sorted(Config.OPTION_DEFAULTS)}
        case "client-parameters":
            return {"value": sorted(AwsClientParameters.model_fields)}
        case "role-parameters":
            return {"value": sorted(AssumeRoleParameters.model_fields)}
        case "render":
            return await render(request["bundle"])


def main():
    loop = asyncio.new_event_loop()
    for line in sys.stdin:
        try:
            result = loop.run_until_complete(answer(json.loads(line)))
        except Exception as error:
            result = {"error": {"name": type(error).__name__, "message": str(error)}}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


try:
    main()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
