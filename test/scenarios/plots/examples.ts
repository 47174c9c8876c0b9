import type { Plot } from './plot.ts';

/** What earlier plots found, shrunk: mistakes of ours, each mended. */
export const foundEarlier: readonly Plot[] = [
  // A second round while a run is being adopted: its provisional slot was given back before it had
  // a real one.
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
  // Cancelled while it boots, it says Running, and is killed: Crashed by its 137, told by the
  // follower or by the event.
  {
    stories: ['ignores everything'],
    happenings: [
      { kind: 'elapse', duration: '7s' },
      { kind: 'start', worker: 1 },
      { kind: 'cancel', run: 0 },
    ],
    seed: 0,
  },
  // Cancelled while it boots, and retried at once: the old process says Running over it, and is
  // killed.
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
  // Its claim's answer is reset, it stands still while it waits to repeat it, and repeats it over
  // another's Completed.
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
  // Cancelled while it boots, its worker dies and begins again, and only then it says Running:
  // nobody took it over.
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
  // Its worker dies and begins again within the second that Prefect's `Date` cannot tell: taken for
  // a namesake's claim.
  {
    stories: ['is killed', 'completes'],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // The same before its label is written: in the first listing nothing tells whose it is, only its
  // history does.
  {
    stories: ['is killed', 'completes'],
    happenings: [
      { kind: 'fault', at: 'prefect', operation: 'PATCH /flow_runs/{id}*', fault: 'reset-before' },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // Its worker dies while its process waits for its own retry: a successor that claims it would
  // double it (H1).
  {
    stories: ['retries after 10 min'],
    happenings: [
      { kind: 'elapse', duration: '70s' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // Nobody ever claimed it, late progress made it Pending, and it is cancelled there: nobody would
  // end it (worker.md A11).
  {
    stories: ['completes'],
    circumstances: [{ kind: 'version', version: '3.6.22' }],
    happenings: [
      { kind: 'progress', name: 'InfrastructurePending', run: 0 },
      { kind: 'cancel', run: 0 },
    ],
    seed: 0,
  },
  // It is resumed while its old task is followed to its end, and late progress hides that: it is to
  // run again.
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
  // It had ended when its worker began again, and late progress hides that only then: its claim is
  // older than the worker.
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
  // Cancelled and retried while ECS decided that it has no room; the launch to come is announced
  // over the retry, on a server that takes no name over PENDING.
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
  // Drained with a claim over late progress in hand; the other worker, which is full, launches it
  // as its adopter.
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
  // The claim over late progress is answered by a reset: the run may be the worker's, and counts
  // against its limit.
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
  // A claim over a wait for a retry is taken back while the waiting run is being adopted: its maker
  // lives, and has nothing.
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
  // Its only launch was answered with a failure although the task lives; its process began, and
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
  // Retried while its old process lives: that one says Running over the new claim's wait, and then
  // it is stopped.
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
  // Killed while the task of a run lives that was just cancelled by force: its successor has a
  // limit of its own.
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
  // The page shows that late progress hides its wait, and the look is older than the page.
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
  // Both claims are accepted, one of them late, and its label stands for the one that is listed
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
  // A claim that stood still comes over the wait for a retry of its own: there is no slot, and the
  // server says so.
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
  // Cancelled by force, its worker killed at that moment, and retried: nobody follows the older
  // claim's task.
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
  // A worker died before it first renewed a lease, and the next one starts when the lease is about
  // to end: who is dead is known only afterwards.
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
  // A worker stands still while it is refused capacity, and its successor of the same name launches
  // the run: the announcement that the first then made had the living task stopped.
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
];
