import type { ProcessStory } from '../engine-executor.ts';

/**
 * What can be drawn: plain data, so that a plot that found something can be kept as it was printed.
 */
export interface Plot {
  readonly stories: readonly StoryName[];
  readonly happenings: readonly Happening[];
  readonly seed: number;
  /** How the world is, from the start until all faults end. */
  readonly circumstances?: readonly Circumstance[];
  /** Messages that somebody sends who may, each before the happening of its number. */
  readonly forgeries?: readonly Forgery[];
}

/** A message about the latest task of a run. It is not true, or not for the reason that it says. */
export interface Forgery {
  readonly before: number;
  readonly run: number;
  readonly says:
    | 'it has stopped'
    | 'it found no room'
    | 'it runs'
    | 'another task of it has stopped';
}

/** What flow runs do. */
export const stories = {
  completes: {},
  'takes long': { runsForMs: 90_000 },
  fails: { ending: { kind: 'fails' } },
  'is killed': { ending: { kind: 'exits', exitCode: 137 } },
  'ends without a word': { ending: { kind: 'exits', exitCode: 0 } },
  'ignores everything': { runsForMs: 150_000, onSigterm: 'ignores', watchesCancellation: false },
  'retries at once': { retries: 1, ending: { kind: 'fails', attempts: 1 } },
  'retries after 3 s': { retries: 1, retryDelaySeconds: 3, ending: { kind: 'fails', attempts: 1 } },
  'retries after 10 min': {
    retries: 1,
    retryDelaySeconds: 600,
    ending: { kind: 'fails', attempts: 1 },
  },
  'dies before its retry': {
    retries: 1,
    retryDelaySeconds: 600,
    diesAfterMs: 60_000,
    ending: { kind: 'fails', attempts: 1 },
  },
  suspends: { ending: { kind: 'suspends' } },
} as const satisfies Readonly<Record<string, ProcessStory>>;
export type StoryName = keyof typeof stories;
export const storyNames = Object.keys(stories) as StoryName[]; // a literal's own keys

/** How each ends, when nobody interferes. */
export const endOf: Readonly<Record<StoryName, string>> = {
  completes: 'Completed',
  'takes long': 'Completed',
  fails: 'Failed',
  'is killed': 'Crashed',
  'ends without a word': 'Crashed',
  'ignores everything': 'Completed',
  'retries at once': 'Completed',
  'retries after 3 s': 'Completed',
  'retries after 10 min': 'Completed',
  'dies before its retry': 'Crashed',
  suspends: 'Suspended',
};

/** One thing that happens. Numbers are reduced to what there is: workers, runs. */
export type Happening =
  | { readonly kind: 'elapse'; readonly duration: string }
  | { readonly kind: 'kill' | 'drain' | 'start' | 'freeze' | 'thaw'; readonly worker: number }
  /** It goes, and another process of its name comes so long after. */
  | {
      readonly kind: 'succeed';
      readonly worker: number;
      readonly how: 'kill' | 'drain';
      readonly after: '0s' | '2s' | '40s' | '3m';
    }
  | { readonly kind: UserAct; readonly run: number }
  /** What Python's observer, or a slow worker, writes whatever the run has become. */
  | {
      readonly kind: 'progress';
      readonly name: 'InfrastructurePending' | 'Submitting';
      readonly run: number;
    }
  | { readonly kind: 'delete deployment' }
  /** Something befalls the task of a run that is alive. */
  | { readonly kind: 'lose'; readonly how: 'host' | 'interrupt' | 'vanish'; readonly run: number }
  /** The next so many tasks find no room, or fail to start for want of it. */
  | { readonly kind: 'full'; readonly how: 'refused' | 'cannot start'; readonly tasks: number }
  | {
      readonly kind: 'fault';
      readonly at: 'prefect' | 'aws';
      readonly operation: string;
      readonly fault: 'reset-before' | 'reset-after' | 'error' | 'throttle';
    };

export type UserAct =
  | 'cancel'
  | 'cancel by force'
  | 'retry'
  /** As soon as it has ended, within two minutes. */
  | 'retry at its end'
  | 'pause'
  | 'resume';

export type Circumstance =
  | {
      readonly kind: 'latency';
      readonly of: '20 ms' | '300 ms for histories' | '2 s' | '40 s for one of 50';
    }
  | {
      readonly kind: 'prefect';
      readonly has:
        | '500 once'
        | '503 for writes'
        | '404 of an ingress'
        | '403 on workers'
        | '401 for all';
    }
  | {
      readonly kind: 'order';
      readonly has: 'late commits' | 'lost labels' | 'stale reads' | 'all of Cloud';
    }
  | { readonly kind: 'version'; readonly version: '3.6.22' | '3.4.0' }
  | { readonly kind: 'many'; readonly runs: 60 | 200 }
  /** `--limit` of both workers. */
  | { readonly kind: 'limit'; readonly of: 1 | 3 }
  /** Both workers have one name. */
  | { readonly kind: 'one name' }
  /** The worker dies, or stands still, at its so many-th call since its first claim. */
  | {
      readonly kind: 'stop';
      readonly worker: number;
      readonly call: number;
      readonly when: 'before' | 'after';
      readonly forMs: 5_000 | 30_000 | 200_000 | 'ever';
    }
  | {
      readonly kind: 'skew';
      readonly worker: number;
      readonly ms: -600_000 | -30_000 | 30_000 | 600_000;
    }
  | { readonly kind: 'lease'; readonly limit: number; readonly isSlow: boolean }
  | { readonly kind: 'ecs'; readonly has: EcsTrouble }
  | { readonly kind: 'denied'; readonly operation: DeniedOperation }
  /** ECS answers 503 to everything for a while. */
  | { readonly kind: 'ECS ill' }
  | { readonly kind: 'hangs'; readonly operation: 'StopTask' | 'DescribeTasks' };

export type DeniedOperation =
  | 'StopTask'
  | 'DescribeTasks'
  | 'ListTasks'
  | 'RunTask'
  | 'RegisterTaskDefinition';

export type EcsTrouble =
  | 'lost answers'
  | 'empty answers'
  | 'failures that live'
  | 'no room for 5 min'
  | 'quota of PROVISIONING'
  | 'no Spot'
  | 'unlisted tasks'
  | 'unstoppable tasks';
