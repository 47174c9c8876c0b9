import { numberOf, type Json } from '../../kernel/json.ts';

/**
 * CPU units (1024 is one vCPU) of a number, a numeric text, or a text such as `1 vCPU` or `.5
 * vCPU`.
 */
export function cpuUnits(value: Json | undefined): number | undefined {
  return sizeOf(value, /^(\d*\.?\d+)\s*vcpu$/i);
}

/** MiB of a number, a numeric text, or a text such as `2 GB`. */
export function memoryMiB(value: Json | undefined): number | undefined {
  return sizeOf(value, /^(\d*\.?\d+)\s*gb$/i);
}

/** Undefined for nothing, and for a text that is no size: AWS judges that one. */
function sizeOf(value: Json | undefined, inUnits: RegExp): number | undefined {
  const number = numberOf(value);
  if (number !== undefined) return Math.trunc(number);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text);
  const amount = inUnits.exec(text)?.[1];
  return amount === undefined ? undefined : Math.round(Number(amount) * 1024);
}
