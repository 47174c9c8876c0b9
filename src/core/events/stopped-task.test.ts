import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../kernel/json.ts';
import { oneLine } from '../diagnosis/one-line.ts';
import { pythonDiagnosis } from './python-diagnosis.ts';
import {
  afterProposal,
  stoppedTaskVerdict,
  type StoppedFlowRunFacts,
  type StoppedTaskVerdict,
} from './stopped-task.ts';
import { TaskEventDetail } from './task-event.ts';

const pending: StoppedFlowRunFacts = {
  stateType: 'PENDING',
  isOfOlderClaim: false,
  isCancelledElsewhere: false,
};

function verdict(
  detail: Readonly<Record<string, Json>>,
  flowRun: Partial<StoppedFlowRunFacts> = {},
): StoppedTaskVerdict {
  return stoppedTaskVerdict(
    TaskEventDetail.parse({ lastStatus: 'STOPPED', taskArn: 'arn:t', ...detail }),
    {
      ...pending,
      ...flowRun,
    },
  );
}

const nothing: StoppedTaskVerdict = {
  crashMessage: undefined,
  log: undefined,
  forwardLogsOf: undefined,
};
const failed = { containers: [{ name: 'prefect', exitCode: 1 }] };

describe('An event of a stopped task', () => {
  it('does nothing for a run that another claim or a cancellation owns', () => {
    expect(verdict(failed, { isOfOlderClaim: true })).toEqual(nothing);
    expect(verdict(failed, { stateType: 'CANCELLING', isCancelledElsewhere: true })).toEqual(
      nothing,
    );
  });

  it('crashes a run with an unknown state', () => {
    expect(verdict(failed, { stateType: undefined }).crashMessage).toContain("['prefect']");
  });

  it('uses the container whose override names the flow run', () => {
    const detail = {
      containers: [
        { name: 'prefect', exitCode: 1 },
        { name: 'flow', exitCode: 0 },
      ],
      overrides: {
        containerOverrides: [
          { name: 'prefect', environment: [{ name: 'OTHER' }] },
          { name: 'flow', environment: [{ name: 'PREFECT__FLOW_RUN_ID' }] },
        ],
      },
    };

    expect(verdict(detail)).toEqual(nothing);
    expect(
      verdict({ ...detail, overrides: { containerOverrides: [{ name: 'gone' }] } }).crashMessage,
    ).toBe("The following containers stopped with a non-zero exit code: ['prefect']");
  });

  it('crashes a failed start, but no other end without containers', () => {
    expect(verdict({ stopCode: 'TaskFailedToStart' }).crashMessage).toBe(
      'ECS task failed to start: unknown reason. The capacity provider could not place the task.',
    );
    expect(verdict({ stopCode: 'UserInitiated' })).toEqual({
      ...nothing,
      forwardLogsOf: { container: undefined },
    });
  });

  it('names a container without name and ARN like Python', () => {
    expect(verdict({ containers: [{}] }).crashMessage).toContain('[None]');
  });

  it('forwards no logs after a refused proposal', () => {
    const before = verdict(failed);

    expect(afterProposal(before, false)).toEqual(before);
    expect(afterProposal(before, true)).toEqual({ ...before, forwardLogsOf: undefined });
  });
});

describe("Python's diagnosis", () => {
  it('of a failed image pull comes first', () => {
    const detail = TaskEventDetail.parse({
      lastStatus: 'STOPPED',
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'CannotPullContainerError: gone',
    });

    expect(pythonDiagnosis(detail)).toMatchObject({
      level: 'error',
      summary: 'Container image pull failed',
      detail: 'CannotPullContainerError: gone',
    });
  });

  it('does not exist if nothing failed', () => {
    const detail = TaskEventDetail.parse({ lastStatus: 'STOPPED', containers: [{ exitCode: 0 }] });

    expect(pythonDiagnosis(detail)).toBeUndefined();
  });
});

describe('An unreadable detail', () => {
  it('counts as missing, field by field', () => {
    expect(
      TaskEventDetail.parse({
        taskArn: 7,
        lastStatus: 'STOPPED',
        stopCode: '',
        containers: ['x', null, { name: 3, exitCode: '1' }],
        overrides: 'none',
      }),
    ).toEqual({
      taskArn: undefined,
      lastStatus: 'STOPPED',
      stopCode: undefined,
      stoppedReason: undefined,
      containers: [{ name: undefined, containerArn: undefined, exitCode: undefined }],
      overrides: [],
    });
    expect(TaskEventDetail.parse(null).containers).toEqual([]);
  });

  it('never throws', () => {
    const keys = ['taskArn', 'lastStatus', 'stopCode', 'stoppedReason', 'containers', 'overrides'];
    const detail = fc.oneof(
      fc.anything(),
      fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.anything(), fc.constant('STOPPED'))),
    );

    fc.assert(
      fc.property(detail, (value) => {
        expect(() => stoppedTaskVerdict(TaskEventDetail.parse(value), pending)).not.toThrow();
      }),
    );
  });
});

it('A shortened text is one well-formed line', () => {
  expect(oneLine(' a\n\tb\u0000c ', 10)).toBe('a b c');
  expect(oneLine('abcdef', 4)).toBe('abc…');
  expect(oneLine('ab😀cd', 4)).toBe('ab\uFFFD…');
});
