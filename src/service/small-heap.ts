import { setFlagsFromString } from 'node:v8';

/**
 * How V8 collects garbage; it looks at both each time, so that they can be set on a process that runs. By itself it lets
 * the heap grow by half and more before it cleans up, and gives new objects 32 MB: good for work that never rests, and a
 * third of the memory of a process that waits beside the tasks it has launched. (bench/worker-process.mjs: 500
 * submissions take 91 MB at most instead of 128, for 7 % more of the processor.
 * Less than 25 % is dear once 10,000 tasks are followed: at 7 % 240 MB and 10.7 % of a core, at 25 % 271 MB and 5.9 %.)
 */
export const smallHeapFlags = ['--heap-growing-percent=25', '--semi-space-growth-factor=1'];

/** For the command that runs a worker; a library leaves the heap to its program. A V8 without a flag ignores it. */
export function keepHeapSmall(): void {
  for (const flag of smallHeapFlags) setFlagsFromString(flag);
}
