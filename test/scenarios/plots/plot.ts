import type { ProcessStory } from '../engine-executor.ts';

/** A drawn plot. It is plain data, so that a failing one can be kept as it was printed. */
export interface Plot {
  readonly stories: readonly StoryName[];
  readonly happenings: readonly Happening[];
  readonly seed: number;
  /** Conditions of the world that hold from the start until all faults end. */
  readonly circumstances?: readonly Circumstance[];
  /** False events, each sent before the happening with its number. */
  readonly forgeries?: readonly Forgery[];
}

/** An event about a run's latest task that is false, or true for another reason. */
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

/** How each story ends when nothing interferes. */
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

/** One thing that happens. A run's number is taken modulo the number of runs. */
export type Happening =
  | { readonly kind: 'elapse'; readonly duration: string }
  | { readonly kind: 'kill' | 'drain' | 'start' | 'freeze' | 'thaw'; readonly worker: number }
  /** The process ends, and another one of its name starts `after` it. */
  | {
      readonly kind: 'succeed';
      readonly worker: number;
      readonly how: 'kill' | 'drain';
      readonly after: '0s' | '2s' | '40s' | '3m';
    }
  | { readonly kind: UserAct; readonly run: number }
  /** Late progress: Python's observer or a slow worker writes it over any state. */
  | {
      readonly kind: 'progress';
      readonly name: 'InfrastructurePending' | 'Submitting';
      readonly run: number;
    }
  | { readonly kind: 'delete deployment' }
  /** ECS loses the run's living task. */
  | { readonly kind: 'lose'; readonly how: 'host' | 'interrupt' | 'vanish'; readonly run: number }
  /** The next `tasks` tasks are refused or fail to start for lack of capacity. */
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
  /** Waits for the run's end for two minutes at most, then retries it. */
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
  /** The worker dies or is paused at this call, counted from its first claim. */
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
