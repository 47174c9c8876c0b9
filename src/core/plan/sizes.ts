import { numberOf, type Json } from '../../kernel/json.ts';

/** CPU units (1024 is one vCPU) from a number, a numeric text, or a text such as `.5 vCPU`. */
export function cpuUnits(value: Json | undefined): number | undefined {
  return sizeOf(value, /^(\d*\.?\d+)\s*vcpu$/i);
}

/** MiB from a number, a numeric text, or a text such as `2 GB`. */
export function memoryMiB(value: Json | undefined): number | undefined {
  return sizeOf(value, /^(\d*\.?\d+)\s*gb$/i);
}

/** Undefined for anything else, including a text that is not a size: AWS decides on that. */
function sizeOf(value: Json | undefined, inUnits: RegExp): number | undefined {
  const number = numberOf(value);
  if (number !== undefined) return Math.trunc(number);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text);
  const amount = inUnits.exec(text)?.[1];
  return amount === undefined ? undefined : Math.round(Number(amount) * 1024);
}
