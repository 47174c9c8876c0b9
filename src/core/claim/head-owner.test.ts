import { expect, it } from 'vitest';
import { FlowRunHead } from '../prefect/flow-run-head.ts';
import { claimMessage, followerLabel, followerText, handedOnText } from './claim-record.ts';
import { ownerOnPage } from './head-owner.ts';
import { mayHaveTask, roundOrder } from './round-order.ts';

const launchId = '4a9162c8-3702-459f-9986-619a8051afe7';
const otherLaunch = '11111111-3702-459f-9986-619a8051afe7';
const claimant = { workerName: 'a', processId: '38cc03aa-056d-4a55-a0e8-9a11d2b4a48e' };
const follower = { workerName: 'b', processId: '22222222-056d-4a55-a0e8-9a11d2b4a48e' };

function headOf(wire: object): FlowRunHead {
  return FlowRunHead.parse({ id: 'run', state_id: 'state', ...wire });
}

const claim = {
  state: { message: claimMessage(claimant, undefined), state_details: { transition_id: launchId } },
};
const label = (launch: string) => ({ labels: { [followerLabel]: followerText(launch, follower) } });

it("The owner is in the label if the state is not a claim, or is the label's claim", () => {
  expect(ownerOnPage(headOf(label(launchId)))).toMatchObject({ owner: follower, claim: launchId });
  expect(ownerOnPage(headOf({ ...claim, ...label(launchId) }))).toMatchObject({ owner: follower });
});

it('The owner is in the claim if the label belongs to another claim or is missing', () => {
  const found = ownerOnPage(headOf({ ...claim, ...label(otherLaunch) }));
  expect(found).toMatchObject({ owner: claimant, claim: launchId });
  expect(ownerOnPage(headOf(claim))).toMatchObject({ owner: claimant });
  expect(ownerOnPage(headOf({ state: { message: claim.state.message } }))).toMatchObject({
    claim: '',
  });
});

it('A run whose label hands its claim on has no owner', () => {
  const left = { labels: { [followerLabel]: handedOnText(launchId) } };
  expect(ownerOnPage(headOf({ ...claim, ...left }))).toBeUndefined();
});

it("Only the worker's name is known from a claim of the Python worker", () => {
  const head = headOf({ labels: { 'prefect.worker.name': 'python' } });
  expect(ownerOnPage(head)).toEqual({ owner: { workerName: 'python', processId: '' }, claim: '' });
  expect(ownerOnPage(headOf({ labels: {} }))).toBeUndefined();
});

it('A run with malformed details is still parsed', () => {
  const details = {
    transition_id: 7,
    deployment_concurrency_lease_id: {},
    pause_reschedule: 'true',
  };
  expect(headOf({ state: { state_details: details } }).state).toMatchObject({
    transitionId: undefined,
    leaseId: undefined,
    isSuspended: false,
  });
});

it('A server without labels is distinguished from a run without labels', () => {
  expect(headOf({}).hasLabels).toBe(false);
  expect(headOf({ labels: null }).hasLabels).toBe(false);
  expect(headOf({ labels: {} }).hasLabels).toBe(true);
});

it('Orphans are in the order of what waiting costs', () => {
  const leased = { state: { state_details: { deployment_concurrency_lease_id: 'lease' } } };
  const heads = [
    { state_type: 'RUNNING' },
    { state_type: 'PENDING' },
    { state_type: 'PENDING', ...leased },
    { state_type: 'CANCELLING' },
  ];
  expect(heads.map((head) => roundOrder(headOf(head)))).toEqual([3, 2, 1, 0]);
});

it('A suspended run and a rescheduled run have no task', () => {
  const suspended = { state_type: 'PAUSED', state: { state_details: { pause_reschedule: true } } };
  expect(mayHaveTask(headOf(suspended))).toBe(false);
  expect(mayHaveTask(headOf({ state_type: 'PAUSED' }))).toBe(true);
  expect(mayHaveTask(headOf({ state_type: 'SCHEDULED' }))).toBe(false);
  const retrying = { state_type: 'SCHEDULED', empirical_policy: { retry_type: 'in_process' } };
  expect(mayHaveTask(headOf(retrying))).toBe(true);
});
