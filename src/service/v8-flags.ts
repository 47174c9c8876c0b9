import { setFlagsFromString } from 'node:v8';

/**
 * How V8 collects garbage and when it optimises. V8 reads each flag every time, so they can be set
 * in a running process. By default it lets the heap grow by half and more before it collects, gives
 * new objects 32 MB, and optimises whatever ran a few dozen times. That suits a busy process, but
 * costs a third of the memory of one that mostly waits beside its tasks. (bench/worker-process.mjs:
 * 500 submissions take 88 MB at most instead of 128; 10,000 followed tasks 248 MB and 4.7 % of a
 * core, and with a heap that grows by 10 % 238 MB and 5.1 %.)
 */
export const v8Flags = [
  '--heap-growing-percent=15',
  '--semi-space-growth-factor=1',
  // In bytes of bytecode, seven times V8's own. Most functions of 500 submissions are not worth
  // optimising: this saves a twelfth of the CPU.
  '--interrupt-budget=500000',
];

/**
 * For the command that runs a worker. A library must leave V8 to its program. V8 ignores unknown
 * flags.
 */
export function setV8Flags(): void {
  for (const flag of v8Flags) setFlagsFromString(flag);
}
