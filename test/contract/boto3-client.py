"""Drives the local AWS with boto3, which is not ours, and prints the answers as one JSON line."""

import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1})
session = boto3.Session(aws_access_key_id="111122223333", aws_secret_access_key="secret", region_name="eu-west-1")


def client(name):
    return session.client(name, endpoint_url=sys.argv[1], config=config)


ecs, logs, ec2, sts = (client(name) for name in ("ecs", "logs", "ec2", "sts"))
seen = {"account": sts.get_caller_identity()["Account"]}
seen["cluster"] = ecs.create_cluster(clusterName="boto")["cluster"]["status"]
seen["clusters"] = len(ecs.list_clusters()["clusterArns"])
vpc = ec2.describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]]
definition = ecs.register_task_definition(
    family="boto",
    cpu="256",
    memory="512",
    networkMode="awsvpc",
    requiresCompatibilities=["FARGATE"],
    executionRoleArn="arn:aws:iam::111122223333:role/exec",
    containerDefinitions=[
        {
            "name": "main",
            "image": "prefecthq/prefect:test",
            "entryPoint": ["/bin/sh", "-c"],
            "command": ["echo never"],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/boto",
                    "awslogs-region": "eu-west-1",
                    "awslogs-stream-prefix": "p",
                    "awslogs-create-group": "true",
                },
            },
        }
    ],
)["taskDefinition"]
seen["definition"] = definition["taskDefinitionArn"]
request = {
    "cluster": "boto",
    "taskDefinition": "boto",
    "launchType": "FARGATE",
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "ENABLED"}},
    "overrides": {"containerOverrides": [{"name": "main", "command": ["echo hello; exit 3"]}]},
    "clientToken": "token-1",
    "tags": [{"key": "team", "value": "data"}],
}
task = ecs.run_task(**request)["tasks"][0]["taskArn"]
seen["same token, same task"] = ecs.run_task(**request)["tasks"][0]["taskArn"] == task
try:
    ecs.run_task(**{**request, "count": 2})
except ClientError as error:
    seen["same token, other request"] = [error.response["Error"]["Code"], error.response["resourceIds"] == [task]]
ecs.get_waiter("tasks_stopped").wait(cluster="boto", tasks=[task], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
described = ecs.describe_tasks(cluster="boto", tasks=[task], include=["TAGS"])["tasks"][0]
seen["exit code"] = described["containers"][0]["exitCode"]
seen["stop code"] = described["stopCode"]
seen["tags"] = described["tags"]
stream = f"p/main/{task.split('/')[-1]}"
seen["streams"] = [s["logStreamName"] == stream for s in logs.describe_log_streams(logGroupName="/boto")["logStreams"]]
page = logs.get_log_events(logGroupName="/boto", logStreamName=stream, startFromHead=True)
seen["lines"] = [event["message"] for event in page["events"]]
again = logs.get_log_events(
    logGroupName="/boto", logStreamName=stream, startFromHead=True, nextToken=page["nextForwardToken"]
)
seen["end of log"] = again["nextForwardToken"] == page["nextForwardToken"] and again["events"] == []
sleeper = {**request, "clientToken": "token-2"}
sleeper["overrides"] = {"containerOverrides": [{"name": "main", "command": ["sleep 60"]}]}
sleeping = ecs.run_task(**sleeper)["tasks"][0]["taskArn"]
ecs.get_waiter("tasks_running").wait(cluster="boto", tasks=[sleeping], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
seen["running"] = ecs.list_tasks(cluster="boto", family="boto")["taskArns"] == [sleeping]
seen["asked to stop"] = ecs.stop_task(cluster="boto", task=sleeping, reason="enough")["task"]["desiredStatus"]
ecs.get_waiter("tasks_stopped").wait(cluster="boto", tasks=[sleeping], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
stopped = ecs.describe_tasks(cluster="boto", tasks=[sleeping])["tasks"][0]
seen["stopped"] = [stopped["stopCode"], stopped["stoppedReason"], stopped["containers"][0]["exitCode"]]
refusals = {}
for name, call in {
    "unknown cluster": lambda: ecs.run_task(cluster="nope", taskDefinition="boto"),
    "unknown definition": lambda: ecs.run_task(cluster="boto", taskDefinition="nope"),
    "unknown task": lambda: ecs.stop_task(cluster="boto", task="0" * 32),
    "unknown operation": lambda: ecs.list_services(cluster="boto"),
    "unknown vpc": lambda: ec2.describe_vpcs(VpcIds=["vpc-1"]),
}.items():
    try:
        call()
    except ClientError as error:
        refusals[name] = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
seen["refusals"] = refusals
ecs.deregister_task_definition(taskDefinition=definition["taskDefinitionArn"])
try:
    ecs.run_task(**{**request, "clientToken": "token-3", "taskDefinition": definition["taskDefinitionArn"]})
except ClientError as error:
    seen["inactive"] = str(error.response["Error"]["Message"])
sqs, events = client("sqs"), client("events")
queue = sqs.create_queue(QueueName="boto", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
seen["queue"] = sqs.get_queue_url(QueueName="boto")["QueueUrl"] == queue
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["STOPPED"]}}
events.put_rule(Name="boto", EventPattern=json.dumps(pattern))
seen["targets"] = events.put_targets(Rule="boto", Targets=[{"Id": "q", "Arn": arn}])["FailedEntryCount"]
newest = ecs.register_task_definition(**{k: definition[k] for k in ("family", "cpu", "memory", "networkMode",
    "requiresCompatibilities", "executionRoleArn", "containerDefinitions")})["taskDefinition"]["revision"]
seen["newest revision"] = newest
watched = ecs.run_task(**{**request, "clientToken": "token-4"})["tasks"][0]["taskArn"]
message = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
detail = json.loads(message["Body"])["detail"]
seen["event"] = [detail["taskArn"] == watched, detail["lastStatus"], detail["containers"][0]["exitCode"]]
sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
sent = sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": str(at), "MessageBody": f"m{at}"} for at in range(2)])
seen["sent"] = len(sent["Successful"])
received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
seen["received"] = sorted(m["Body"] for m in received)
gone = [{"Id": m["MessageId"], "ReceiptHandle": m["ReceiptHandle"]} for m in received]
seen["deleted"] = len(sqs.delete_message_batch(QueueUrl=queue, Entries=gone)["Successful"])
seen["empty"] = "Messages" in sqs.receive_message(QueueUrl=queue)
sqs.delete_queue(QueueUrl=queue)
try:
    sqs.get_queue_url(QueueName="boto")
except sqs.exceptions.QueueDoesNotExist as error:
    seen["no queue"] = error.response["Error"]["Code"]
keys = sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/runner", RoleSessionName="worker")["Credentials"]
role = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="eu-west-1")
identity = role.client("sts", endpoint_url=sys.argv[1], config=config).get_caller_identity()
seen["assumed"] = identity["Arn"]
theirs = role.client("ecs", endpoint_url=sys.argv[1], config=config).list_clusters()["clusterArns"]
seen["their clusters"] = theirs
print(json.dumps(seen), flush=True)
