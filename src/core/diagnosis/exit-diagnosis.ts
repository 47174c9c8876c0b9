import type { Finding } from './diagnosis-finding.ts';
import type { EcsContainer } from '../task/task.ts';

/** Conventional exit codes, from shells, Docker and Prefect's table. */
const knownExits: ReadonlyMap<number, Finding> = new Map<number, Finding>([
  [0, { code: 'ecs.zombie' }],
  [125, { code: 'ecs.bad_command' }],
  [126, { code: 'ecs.not_executable' }],
  [127, { code: 'ecs.command_not_found' }],
  [137, { code: 'ecs.killed' }],
  [143, { code: 'ecs.sigterm' }],
  [247, { code: 'ecs.out_of_memory' }],
  [-9, { code: 'ecs.killed' }],
  [-15, { code: 'ecs.sigterm' }],
]);

/** The last resort, when neither ECS's texts nor the stop code explain the end. */
export function findingInExit(container: EcsContainer | undefined): Finding | undefined {
  const exitCode = container?.exitCode;
  if (exitCode === undefined) return undefined;
  // A shell reports 128 + n when signal n ended the process. Linux has 64 signals.
  const signal = exitCode > 128 && exitCode <= 192 ? ` (signal ${exitCode - 128})` : '';
  return (
    knownExits.get(exitCode) ?? {
      code: 'ecs.container_exited',
      cause: `The process exited with code ${exitCode}${signal}.`,
    }
  );
}
