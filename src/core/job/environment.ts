import type { ConfigurationFields } from './configuration-fields.ts';
import type { JobInputs } from './job-inputs.ts';
import { allFrom, partOf, withParts, type Origins } from './origins.ts';

interface PreparedEnvironment {
  readonly values: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
  readonly origins: Origins;
}

/** Worker settings, then the run's identity, then the configured variables (worker.md 1.5). */
export function environmentFor(
  fields: ConfigurationFields,
  origins: Origins,
  inputs: JobInputs,
): PreparedEnvironment {
  const identity = identityOf(inputs);
  const layers = { ...inputs.worker.passedOnSettings, ...identity, ...fields.env };
  const bySecret = new Set(
    [
      fields.prefect_api_key_secret_arn === undefined ? undefined : 'PREFECT_API_KEY',
      fields.prefect_api_auth_string_secret_arn === undefined
        ? undefined
        : 'PREFECT_API_AUTH_STRING',
    ].filter((name) => name !== undefined),
  );
  const ofNames = [
    ...Object.keys(inputs.worker.passedOnSettings).map(
      (name) => [name, allFrom('worker-setting')] as const,
    ),
    ...Object.keys(identity).map((name) => [name, allFrom('worker')] as const),
  ].filter(([name]) => !Object.hasOwn(fields.env, name));
  return {
    values: Object.fromEntries(
      Object.entries(layers).flatMap(([name, value]): [string, string][] =>
        value === null || bySecret.has(name) ? [] : [[name, value]],
      ),
    ),
    unset: Object.entries(fields.env).flatMap(([name, value]) => (value === null ? [name] : [])),
    origins: withParts(origins, [['env', withParts(partOf(origins, 'env'), ofNames)]]),
  };
}

function identityOf({
  flowRun,
  flow,
  deployment,
  worker,
}: JobInputs): Readonly<Record<string, string>> {
  return {
    PREFECT__FLOW_RUN_ID: flowRun.id,
    ...(worker.id !== undefined && { PREFECT__WORKER_ID: worker.id }),
    PREFECT__WORKER_NAME: worker.name,
    PREFECT__FLOW_ID: flowRun.flowId,
    PREFECT__FLOW_NAME: flow.name,
    ...(flowRun.deploymentId !== undefined && { PREFECT__DEPLOYMENT_ID: flowRun.deploymentId }),
    ...(deployment !== undefined && { PREFECT__DEPLOYMENT_NAME: deployment.name }),
  };
}
