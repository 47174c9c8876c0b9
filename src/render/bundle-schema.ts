import { z } from 'zod';
import { JsonRecord, JsonValue, usersMembers } from '../core/prefect/json.ts';
import { BlockDocument } from '../core/prefect/block-document.ts';
import { Deployment } from '../core/prefect/deployment.ts';
import { FlowRun } from '../core/prefect/flow-run.ts';
import { Flow } from '../core/prefect/flow.ts';
import { WorkPool } from '../core/prefect/work-pool.ts';

const Failure = z.looseObject({
  arn: z.string().optional(),
  reason: z.string().optional(),
  detail: z.string().optional(),
});

/** One answer of RunTask: an error, or tasks and failures. */
const RunTaskAnswer = z.looseObject({
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  tasks: z.array(JsonRecord).optional(),
  failures: z.array(Failure).optional(),
});

const AwsFacts = z.looseObject({
  region: z.string(),
  vpcs: z.array(z.looseObject({ VpcId: z.string(), IsDefault: z.boolean().optional() })).optional(),
  subnets: z
    .array(
      z.looseObject({
        SubnetId: z.string(),
        VpcId: z.string().optional(),
        AvailabilityZone: z.string().optional(),
      }),
    )
    .optional(),
  task_definitions: z.array(JsonRecord).optional(),
  run_task: z.array(RunTaskAnswer).optional(),
});
export type AwsFacts = z.infer<typeof AwsFacts>;

/** Members whose numbers keep their text, as in Prefect's answers. AWS's have plain numbers. */
export const writtenInBundles: readonly string[] = [...usersMembers, 'variables'];

/**
 * A launch as one document: the answers of Prefect and AWS, and the worker's settings
 * (docs/bundles.md).
 */
export const Bundle = z.looseObject({
  work_pool: WorkPool,
  flow: Flow,
  deployment: Deployment.nullish(),
  flow_run: FlowRun,
  block_documents: z.array(BlockDocument).optional(),
  variables: z.record(z.string(), JsonValue).optional(),
  worker: z.looseObject({
    name: z.string(),
    id: z.string().nullish(),
    prefect_version: z.string(),
    environment: z.record(z.string(), z.string()),
    profiles_toml: z.string().nullish(),
  }),
  aws: AwsFacts,
});
export type Bundle = z.infer<typeof Bundle>;
