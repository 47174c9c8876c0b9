import type { Plot } from './plot.ts';

/** Shrunk plots that once found a bug. Each bug is fixed; the plots run first in every test. */
export const foundEarlier: readonly Plot[] = [
  // A second round began while a run was being adopted. The run's provisional slot was given back
  // before it had a real one.
  {
    stories: ['retries after 10 min', 'completes'],
    seed: 0,
    circumstances: [{ kind: 'limit', of: 1 }],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'succeed', worker: 0, how: 'kill', after: '0s' },
      { kind: 'fault', at: 'prefect', operation: 'GET /flow_run_states/', fault: 'reset-before' },
      { kind: 'elapse', duration: '70s' },
    ],
  },
  // A run is cancelled while it boots. Its process still reports Running and is then killed. Its
  // exit code 137, seen by the follower or in the event, crashed the run instead of cancelling it.
  {
    stories: ['ignores everything'],
    happenings: [
      { kind: 'elapse', duration: '7s' },
      { kind: 'start', worker: 1 },
      { kind: 'cancel', run: 0 },
    ],
    seed: 0,
  },
  // A run is cancelled while it boots, and retried at once. The old process reports Running over
  // the retry and is then killed.
  {
    stories: ['ignores everything'],
    happenings: [
      { kind: 'elapse', duration: '7s' },
      { kind: 'cancel', run: 0 },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'retry', run: 0 },
    ],
    seed: 0,
  },
  // The claim's answer is lost, and the worker is paused before it repeats the claim. The repeated
  // claim arrives over the Completed of another worker's task.
  {
    stories: ['completes'],
    happenings: [
      {
        kind: 'fault',
        at: 'prefect',
        operation: 'POST /flow_runs/{id}/set_state',
        fault: 'reset-before',
      },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'start', worker: 1 },
      { kind: 'freeze', worker: 0 },
      { kind: 'elapse', duration: '70s' },
    ],
    seed: 0,
  },
  // A run is cancelled while it boots, and its worker restarts. The process reports Running only
  // then, and no worker adopted the run.
  {
    stories: ['ignores everything', 'completes'],
    happenings: [
      { kind: 'fault', at: 'prefect', operation: 'POST /flow_runs/filter', fault: 'reset-before' },
      { kind: 'full', how: 'refused', tasks: 1 },
      { kind: 'elapse', duration: '20s' },
      { kind: 'cancel', run: 0 },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // The worker restarts within one second, the resolution of Prefect's `Date` header. The new
  // process took its predecessor's claim for that of a living namesake.
  {
    stories: ['is killed', 'completes'],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // The same before the follower label is written: the first listing does not show the claim's
  // owner, only the run's history does.
  {
    stories: ['is killed', 'completes'],
    happenings: [
      { kind: 'fault', at: 'prefect', operation: 'PATCH /flow_runs/{id}*', fault: 'reset-before' },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // The worker dies while the process waits for its own retry. A successor that claimed the run
  // would double it (H1).
  {
    stories: ['retries after 10 min'],
    happenings: [
      { kind: 'elapse', duration: '70s' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // Late progress made an unclaimed run Pending, and the run is cancelled there. Without a claim no
  // worker followed it, so none ended it (worker.md A11).
  {
    stories: ['completes'],
    circumstances: [{ kind: 'version', version: '3.6.22' }],
    happenings: [
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
      { kind: 'cancel', run: 0 },
    ],
    seed: 0,
  },
  // A run is resumed while its old task is still followed, and late progress hides the resumption.
  // The run must be launched again.
  {
    stories: ['suspends'],
    happenings: [
      { kind: 'elapse', duration: '70s' },
      { kind: 'resume', run: 0 },
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
    ],
    seed: 0,
    circumstances: [],
  },
  // A run had ended when its worker restarted, and late progress hides the end only afterwards. The
  // run's claim is older than the worker.
  {
    stories: ['completes'],
    happenings: [
      { kind: 'elapse', duration: '70s' },
      { kind: 'succeed', worker: 0, how: 'kill', after: '0s' },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
    ],
    seed: 0,
    circumstances: [],
  },
  // A run is cancelled and retried while ECS is refusing its launch for lack of capacity. The next
  // launch is announced over the retry, on a server without sub-states of Pending.
  {
    stories: ['completes'],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'cancel by force', run: 0 },
      { kind: 'retry', run: 0 },
    ],
    seed: 0,
    circumstances: [
      { kind: 'version', version: '3.4.0' },
      { kind: 'ecs', has: 'no Spot' },
    ],
  },
  // A worker drains while it holds a claim over late progress. The other worker, which is at its
  // limit, launches that claim as its adopter.
  {
    stories: ['completes', 'completes'],
    happenings: [
      { kind: 'full', how: 'cannot start', tasks: 1 },
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
      { kind: 'start', worker: 1 },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'succeed', worker: 0, how: 'drain', after: '3m' },
    ],
    seed: 0,
    circumstances: [{ kind: 'limit', of: 1 }],
  },
  // The answer to a claim over late progress is lost. The claim may have succeeded, so the run
  // counts against the worker's limit.
  {
    stories: ['completes', 'completes'],
    happenings: [
      {
        kind: 'fault',
        at: 'prefect',
        operation: 'POST /flow_runs/{id}/set_state',
        fault: 'reset-after',
      },
      { kind: 'full', how: 'cannot start', tasks: 2 },
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
      { kind: 'elapse', duration: '70s' },
    ],
    seed: 0,
    circumstances: [{ kind: 'limit', of: 1 }],
  },
  // A claim over a wait for a retry is withdrawn while another worker adopts the waiting run. The
  // claiming worker lives, but holds nothing.
  {
    stories: ['completes', 'dies before its retry', 'completes'],
    happenings: [
      { kind: 'start', worker: 1 },
      { kind: 'elapse', duration: '20s' },
      { kind: 'succeed', worker: 0, how: 'kill', after: '0s' },
      { kind: 'elapse', duration: '7s' },
    ],
    seed: 0,
    circumstances: [{ kind: 'stop', worker: 1, call: 3, when: 'before', forMs: 200_000 }],
  },
  // The only launch is answered with a failure although its task lives. The process begins, and
  // late progress hides that.
  {
    stories: ['dies before its retry', 'completes'],
    happenings: [
      { kind: 'elapse', duration: '20s' },
      { kind: 'elapse', duration: '20s' },
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
      { kind: 'elapse', duration: '20s' },
      { kind: 'elapse', duration: '7s' },
    ],
    forgeries: [{ before: 0, run: 0, says: 'it has stopped' }],
    seed: 0,
    circumstances: [
      { kind: 'ecs', has: 'failures that live' },
      { kind: 'stop', worker: 0, call: 10, when: 'after', forMs: 'ever' },
    ],
  },
  // A run is retried while its old process lives. That process reports Running over the new claim's
  // wait for capacity, and is then stopped.
  {
    stories: ['ignores everything', 'completes'],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'full', how: 'refused', tasks: 2 },
      { kind: 'start', worker: 1 },
      { kind: 'cancel by force', run: 0 },
      { kind: 'retry at its end', run: 0 },
    ],
    forgeries: [{ before: 0, run: 0, says: 'it has stopped' }],
    seed: 0,
    circumstances: [],
  },
  // A worker is killed right after a forced cancellation, while the run's task still lives. The
  // successor does not learn of that task, so the two count their limits separately.
  {
    stories: ['completes', 'completes'],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'cancel by force', run: 0 },
      { kind: 'kill', worker: 0 },
    ],
    forgeries: [{ before: 0, run: 0, says: 'it has stopped' }],
    seed: 0,
    circumstances: [{ kind: 'limit', of: 1 }],
  },
  // Late progress hides a wait. The page of runs shows that, but the look is older than the page.
  {
    stories: ['completes', 'completes'],
    happenings: [
      { kind: 'elapse', duration: '70s' },
      { kind: 'kill', worker: 0 },
      { kind: 'start', worker: 0 },
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
      { kind: 'elapse', duration: '100ms' },
    ],
    forgeries: [{ before: 0, run: 0, says: 'it has stopped' }],
    seed: 869,
    circumstances: [
      { kind: 'prefect', has: '503 for writes' },
      { kind: 'order', has: 'all of Cloud' },
    ],
  },
  // Two claims are accepted, one of them late. The follower label belongs to the one that is listed
  // first.
  {
    stories: ['completes', 'completes', 'completes'],
    seed: 467,
    circumstances: [
      { kind: 'order', has: 'late commits' },
      { kind: 'denied', operation: 'RunTask' },
    ],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'start', worker: 1 },
      { kind: 'elapse', duration: '70s' },
    ],
    forgeries: [{ before: 0, run: 0, says: 'it has stopped' }],
  },
  // A paused worker's claim arrives over a process's wait for its own retry. No slot is free, and
  // the server writes AwaitingConcurrencySlot.
  {
    stories: ['completes', 'ends without a word', 'dies before its retry', 'completes'],
    seed: 812,
    circumstances: [
      { kind: 'stop', worker: 1, call: 1, when: 'before', forMs: 30000 },
      { kind: 'lease', limit: 1, isSlow: false },
    ],
    happenings: [{ kind: 'succeed', worker: 1, how: 'kill', after: '3m' }],
    forgeries: [{ before: 0, run: 0, says: 'it has stopped' }],
  },
  // A run is cancelled by force, its worker is killed at that moment, and the run is retried. No
  // worker follows the older claim's task.
  {
    stories: ['dies before its retry'],
    seed: 0,
    circumstances: [{ kind: 'lease', limit: 1, isSlow: true }],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'cancel', run: 0 },
      { kind: 'cancel by force', run: 0 },
      { kind: 'kill', worker: 0 },
      { kind: 'retry', run: 0 },
    ],
    forgeries: [],
  },
  // A worker dies before its first renewal of a lease, and the next one starts shortly before the
  // lease ends. The verdict of death comes only afterwards.
  {
    stories: ['completes', 'completes'],
    seed: 0,
    circumstances: [{ kind: 'lease', limit: 1, isSlow: true }],
    happenings: [
      { kind: 'elapse', duration: '70s' },
      { kind: 'kill', worker: 0 },
      { kind: 'succeed', worker: 1, how: 'kill', after: '3m' },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'elapse', duration: '70s' },
    ],
    forgeries: [{ before: 0, run: 0, says: 'it has stopped' }],
  },
  // A worker is paused while ECS refuses its launch for lack of capacity, and its namesake launches
  // the run. The announcement that the first one then wrote had the living task stopped.
  {
    stories: ['completes', 'completes', 'completes', 'completes'],
    seed: 0,
    circumstances: [
      { kind: 'stop', worker: 0, call: 14, when: 'after', forMs: 200_000 },
      { kind: 'one name' },
    ],
    happenings: [
      { kind: 'full', how: 'refused', tasks: 1 },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'start', worker: 1 },
      { kind: 'elapse', duration: '20s' },
    ],
    forgeries: [{ before: 0, run: 0, says: 'it has stopped' }],
  },
  // Two processes of one name start when a third of that name is dead, and late progress hides the
  // end of its run: nobody was left that took its owner for dead.
  {
    stories: ['completes'],
    seed: 0,
    circumstances: [{ kind: 'one name' }],
    happenings: [
      { kind: 'elapse', duration: '70s' },
      { kind: 'start', worker: 1 },
      { kind: 'succeed', worker: 0, how: 'kill', after: '0s' },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
    ],
    forgeries: [],
  },
];
