import { isRecord } from '../wire/wire.ts';

/**
 * Whether an EventBridge pattern matches: every member that it names must equal one of the listed
 * values.
 */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  if (!isRecord(pattern)) return false;
  return Object.entries(pattern).every(([name, wanted]) => {
    if (name === '$or')
      return Array.isArray(wanted) && wanted.some((one) => matchesPattern(one, event));
    const value = isRecord(event) ? event[name] : undefined;
    if (Array.isArray(wanted)) return wanted.some((rule) => matchesValue(rule, value));
    if (Array.isArray(value)) return value.some((one) => matchesPattern(wanted, one));
    return matchesPattern(wanted, value ?? {});
  });
}

function matchesValue(rule: unknown, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => matchesValue(rule, one));
  if (!isRecord(rule)) return rule === value;
  const [[kind, wanted] = ['', undefined]] = Object.entries(rule);
  const text = typeof value === 'string' ? value : undefined;
  switch (kind) {
    case 'exists':
      return (value !== undefined) === wanted;
    case 'prefix':
      return text?.startsWith(String(wanted)) === true;
    case 'suffix':
      return text?.endsWith(String(wanted)) === true;
    case 'equals-ignore-case':
      return text?.toLowerCase() === String(wanted).toLowerCase();
    case 'wildcard':
      return text !== undefined && wildcard(String(wanted)).test(text);
    case 'anything-but':
      return value !== undefined && isOtherThan(wanted, value);
    case 'numeric':
      return typeof value === 'number' && Array.isArray(wanted) && compares(wanted, value);
    default:
      return false;
  }
}

function isOtherThan(wanted: unknown, value: unknown): boolean {
  if (Array.isArray(wanted)) return !wanted.includes(value);
  return isRecord(wanted) ? !matchesValue(wanted, value) : wanted !== value;
}

/** `[">", 0, "<=", 5]`: operators and bounds alternate. */
function compares(parts: readonly unknown[], value: number): boolean {
  for (let at = 0; at < parts.length; at += 2) {
    const bound = Number(parts[at + 1]);
    const operator = parts[at];
    const holds =
      (operator === '=' && value === bound) ||
      (operator === '>' && value > bound) ||
      (operator === '>=' && value >= bound) ||
      (operator === '<' && value < bound) ||
      (operator === '<=' && value <= bound);
    if (!holds) return false;
  }
  return true;
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
