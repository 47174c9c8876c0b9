import { cpuUnits, memoryMiB } from './sizes.ts';
import type { Json } from '../../kernel/json.ts';

interface SizeRow {
  readonly cpu: number;
  /** MiB, ascending. */
  readonly memory: readonly number[];
}

function steps(fromGiB: number, toGiB: number, byGiB: number): readonly number[] {
  const count = Math.floor((toGiB - fromGiB) / byGiB) + 1;
  return Array.from({ length: count }, (_, at) => (fromGiB + at * byGiB) * 1024);
}

/** AWS's table of task sizes on Fargate (aws-ecs.md B.5.5). */
const rows: readonly SizeRow[] = [
  { cpu: 256, memory: [512, 1024, 2048] },
  { cpu: 512, memory: steps(1, 4, 1) },
  { cpu: 1024, memory: steps(2, 8, 1) },
  { cpu: 2048, memory: steps(4, 16, 1) },
  { cpu: 4096, memory: steps(8, 30, 1) },
  { cpu: 8192, memory: steps(16, 60, 4) },
  { cpu: 16384, memory: steps(32, 120, 8) },
  { cpu: 32768, memory: [60 * 1024, 120 * 1024, 244 * 1024] },
];

const largestKnownCpu = 32768;

/** The end of the largest row. AWS adds larger sizes, so beyond it there is only a warning. */
const largestKnownMemory = 244 * 1024;

export type SizeCheck =
  | { readonly kind: 'fine' }
  | { readonly kind: 'unknown'; readonly warning: string }
  | { readonly kind: 'invalid'; readonly problem: string };

/**
 * Checks a Fargate task's size before AWS refuses it, and suggests the closest valid sizes. AWS
 * decides on sizes beyond this table, and on texts that are not sizes.
 */
export function checkFargateSize(
  cpuText: Json | undefined,
  memoryText: Json | undefined,
): SizeCheck {
  const cpu = cpuUnits(cpuText);
  const memory = memoryMiB(memoryText);
  if (cpu === undefined || memory === undefined) return { kind: 'fine' };
  if (rows.some((row) => row.cpu === cpu && row.memory.includes(memory))) return { kind: 'fine' };
  if (cpu > largestKnownCpu || (cpu === largestKnownCpu && memory > largestKnownMemory)) {
    return {
      kind: 'unknown',
      warning:
        `This version does not know the Fargate size cpu ${cpu}, memory ${memory}. ` +
        'It is sent unchanged, and AWS may refuse it.',
    };
  }
  return {
    kind: 'invalid',
    problem: `Fargate has no task size with cpu ${cpu} and memory ${memory} (MiB). The closest are ${nearest(cpu, memory)}.`,
  };
}

function nearest(cpu: number, memory: number): string {
  const pairs = rows.flatMap((row) =>
    row.memory.map((mebibytes) => ({ cpu: row.cpu, memory: mebibytes })),
  );
  const distance = (pair: { readonly cpu: number; readonly memory: number }): number =>
    Math.abs(Math.log2(pair.cpu / Math.max(1, cpu))) +
    Math.abs(Math.log2(pair.memory / Math.max(1, memory)));
  return [...pairs]
    .sort((one, other) => distance(one) - distance(other))
    .slice(0, 3)
    .map((pair) => `cpu ${pair.cpu} with memory ${pair.memory}`)
    .join(', ');
}
