import { clientException } from '../wire/aws-error.ts';

function gibibytes(from: number, to: number, step: number): readonly number[] {
  const sizes: number[] = [];
  for (let size = from; size <= to; size += step) sizes.push(size * 1024);
  return sizes;
}

/** Memory in MiB that each number of CPU units may have (aws-ecs.md B.5.5). */
const memoryByCpu: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, 1024, 2048]],
  [512, gibibytes(1, 4, 1)],
  [1024, gibibytes(2, 8, 1)],
  [2048, gibibytes(4, 16, 1)],
  [4096, gibibytes(8, 30, 1)],
  [8192, gibibytes(16, 60, 4)],
  [16384, gibibytes(32, 120, 8)],
  [32768, [61_440, 122_880, 249_856]],
]);

/** `1 vCPU` and `3 GB` in the form that ECS returns: `1024` and `3072`. */
export function sizeInUnits(
  cpu: string | undefined,
  memory: string | undefined,
): { readonly cpu: string | undefined; readonly memory: string | undefined } {
  return { cpu: inUnits(cpu, /^([\d.]+)\s*vcpu$/i), memory: inUnits(memory, /^([\d.]+)\s*gb$/i) };
}

function inUnits(text: string | undefined, pattern: RegExp): string | undefined {
  const amount = pattern.exec(text?.trim() ?? '')?.[1];
  return amount === undefined ? text : String(Math.round(Number(amount) * 1024));
}

export function checkFargateSize(cpuText: string, memoryText: string): void {
  const { cpu, memory } = sizeInUnits(cpuText, memoryText);
  const sizes = memoryByCpu.get(Number(cpu));
  if (sizes === undefined) throw clientException("Invalid 'cpu' setting for task.");
  if (!sizes.includes(Number(memory)))
    throw clientException('No Fargate configuration exists for given values.');
}
