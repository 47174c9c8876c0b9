import { Answer } from '../../message.ts';
import { z } from 'zod';
import { filterFields, findRuns, sortRuns } from '../filters/query.ts';
import { JsonObject, Uuid } from '../fields.ts';
import { created, noContent, ok, refusal } from '../http.ts';
import type { FlowRunInput } from '../records.ts';
import { get, remove, takes, type Route } from '../router.ts';
import { proposeState, type Proposal, type Proposed } from '../set-state.ts';
import { StateCreate, type StateFacts } from '../state.ts';
import type { World } from '../world.ts';
import { SetState } from './flow-run-bodies.ts';

function answer({ result, isNew }: Proposed): Answer {
  return isNew ? created(result) : ok(result);
}

const most = 50;

function resume(
  world: World,
  id: string,
  input: Readonly<Record<string, unknown>> | null,
  options: Proposal,
) {
  const run = world.runs.get(id);
  if (run?.state.type !== 'PAUSED') {
    const details = {
      type: 'abort_details',
      reason: 'Cannot resume a flow run that is not paused.',
    };
    return ok({ state: null, status: 'ABORT', details });
  }
  const { pause_reschedule: leftItsProcess, run_input_keyset: keyset } = run.state.state_details;
  const state: StateFacts = leftItsProcess
    ? { type: 'SCHEDULED', name: 'Resuming', state_details: { scheduled_time: world.now() } }
    : { type: 'RUNNING' };
  const proposed = proposeState(world, id, state, options);
  const key = keyset?.['response'];
  if (key !== undefined && input !== null && proposed.result.status === 'ACCEPT') {
    world.inputs.put({
      ...world.row(),
      flow_run_id: id,
      key,
      value: JSON.stringify(input),
      sender: null,
    });
  }
  return answer(proposed);
}

function inputNamed(
  world: World,
  runId: string | undefined,
  key: string | undefined,
): FlowRunInput {
  const found = world.inputs.find((input) => input.flow_run_id === runId && input.key === key);
  if (found === undefined) throw refusal(404, 'Flow run input not found');
  return found;
}

export const flowRunStateRoutes: readonly Route[] = [
  takes(
    'POST',
    '/flow_runs/{id}/set_state',
    SetState,
    ({ world, params, body, clientVersion, arrival }) => {
      const options = { force: body.force ?? false, clientVersion, cameAt: arrival?.at };
      return answer(proposeState(world, params['id'] ?? '', body.state, options));
    },
  ),

  takes(
    'POST',
    '/flow_runs/bulk_set_state',
    z.object({
      flow_runs: filterFields.flow_runs,
      state: StateCreate,
      force: z.boolean().nullish(),
      limit: z.int().min(1).max(most).nullish(),
    }),
    ({ world, body, clientVersion }) => {
      const runs = sortRuns(findRuns(world, { flow_runs: body.flow_runs }), 'ID_DESC');
      const options = { force: body.force ?? false, clientVersion };
      const results = runs.slice(0, body.limit ?? most).map((run) => {
        const { status, state, details } = proposeState(world, run.id, body.state, options).result;
        return { flow_run_id: run.id, status, state, details };
      });
      return ok({ results });
    },
    { needs: 'bulkSetState' },
  ),

  takes(
    'POST',
    '/flow_runs/{id}/resume',
    z.object({ run_input: JsonObject.nullish() }).nullish(),
    ({ world, params, body, clientVersion }) =>
      resume(world, params['id'] ?? '', body?.run_input ?? null, { clientVersion }),
  ),

  get('/flow_run_states/', ({ world, query, asOf }) => {
    const id = Uuid.safeParse(query.get('flow_run_id') ?? '');
    if (!id.success) throw refusal(422, 'flow_run_id must be a UUID');
    return ok(world.runs.history(id.data, asOf));
  }),

  get('/flow_run_states/{id}', ({ world, params, asOf }) => {
    for (const run of world.runs.all(asOf)) {
      const state = world.runs.history(run.id, asOf).find((one) => one.id === params['id']);
      if (state !== undefined) return ok(state);
    }
    throw refusal(404, 'Flow run state not found');
  }),

  takes(
    'POST',
    '/flow_runs/{id}/input',
    z.object({ key: z.string(), value: z.string(), sender: z.string().nullish() }),
    ({ world, params, body }) => {
      const run = world.runs.get(params['id'] ?? '');
      if (run === undefined) throw refusal(404, 'Flow run not found');
      const known = world.inputs.find(
        (input) => input.flow_run_id === run.id && input.key === body.key,
      );
      if (known !== undefined) throw refusal(409, 'A flow run input with this key already exists.');
      const { key, value } = body;
      world.inputs.put({
        ...world.row(),
        flow_run_id: run.id,
        key,
        value,
        sender: body.sender ?? null,
      });
      return Answer.json(201, null);
    },
  ),

  takes(
    'POST',
    '/flow_runs/{id}/input/filter',
    z.object({
      prefix: z.string(),
      limit: z.int().nullish(),
      exclude_keys: z.array(z.string()).nullish(),
    }),
    ({ world, params, body }) => {
      const found = world.inputs.filter(
        (input) =>
          input.flow_run_id === params['id'] &&
          input.key.startsWith(body.prefix) &&
          !(body.exclude_keys ?? []).includes(input.key),
      );
      return ok(found.slice(0, body.limit ?? 1));
    },
  ),

  get('/flow_runs/{id}/input/{key}', ({ world, params }) => {
    const { value } = inputNamed(world, params['id'], params['key']);
    return new Answer(200, value, { 'content-type': 'text/plain; charset=utf-8' });
  }),

  remove('/flow_runs/{id}/input/{key}', ({ world, params }) => {
    world.inputs.delete(inputNamed(world, params['id'], params['key']).id);
    return noContent();
  }),
];
