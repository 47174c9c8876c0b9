import { describe, expect, it } from 'vitest';
import { checkFargateSize } from './fargate-sizes.ts';
import { cpuUnits, memoryMiB } from './sizes.ts';

describe('A size', () => {
  it.each([
    [1024, 1024],
    [1.9, 1],
    ['1024', 1024],
    [' 256 ', 256],
    ['1 vCPU', 1024],
    ['.25vcpu', 256],
    ['0.5  VCPU', 512],
    ['16 vCPU', 16_384],
    ['x1 vCPU', undefined],
    ['1 vCPUs', undefined],
    ['1 2', undefined],
    ['a1', undefined],
    ['vCPU', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('of CPU: %j is %j units', (value, units) => expect(cpuUnits(value)).toBe(units));

  it.each([
    ['2 GB', 2048],
    ['.5gb', 512],
    ['30 GB', 30_720],
    ['x2 GB', undefined],
    ['2 GBs', undefined],
    ['2 vCPU', undefined],
  ])('of memory: %j is %j MiB', (value, mebibytes) => expect(memoryMiB(value)).toBe(mebibytes));

  it('that Fargate lacks is refused with the three closest ones, closest first', () => {
    const check = checkFargateSize('1024', '1024');

    expect(check.kind === 'invalid' ? check.problem : '').toMatch(
      /^Fargate has no task size with cpu 1024 and memory 1024 \(MiB\)\. The closest are cpu 512 with memory 1024, cpu 1024 with memory 2048, cpu \d+ with memory \d+\.$/,
    );
    expect(checkFargateSize('0', '0')).toMatchObject({ kind: 'invalid' });
  });

  it('beyond the table is left to AWS; the largest known one is accepted', () => {
    expect(checkFargateSize('65536', '1024').kind).toBe('unknown');
    expect(checkFargateSize('32768', String(256 * 1024)).kind).toBe('unknown');
    expect(checkFargateSize('32768', String(244 * 1024)).kind).toBe('fine');
    expect(checkFargateSize('32768', String(243 * 1024)).kind).toBe('invalid');
    expect(checkFargateSize('a lot', '512').kind).toBe('fine');
    expect(checkFargateSize('256', undefined).kind).toBe('fine');
  });
});
