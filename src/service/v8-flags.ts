import { setFlagsFromString } from 'node:v8';

/**
 * How V8 collects garbage and when it optimises; it looks at each flag every time, so that they can
 * be set on a process that runs. By itself it lets the heap grow by half and more before it cleans
 * up, gives new objects 32 MB, and optimises whatever ran a few dozen times: good for work that
 * never rests, and a third of the memory of a process that waits beside the tasks it has launched.
 * (bench/worker-process.mjs: 500 submissions take 88 MB at most instead of 128; 10,000 followed
 * tasks 248 MB and 4.7 % of a core, and with a heap that grows by 10 % 238 MB and 5.1 %.)
 */
export const v8Flags = [
  '--heap-growing-percent=15',
  '--semi-space-growth-factor=1',
  // In bytes of bytecode, seven times V8's own. Most functions of 500 submissions are not worth it:
  // a twelfth less of CPU.
  '--interrupt-budget=500000',
];

/**
 * For the command that runs a worker; a library leaves V8 to its program. A V8 without a flag
 * ignores it.
 */
export function setV8Flags(): void {
  for (const flag of v8Flags) setFlagsFromString(flag);
}
