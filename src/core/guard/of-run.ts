import { WrittenNumber, type Json } from '../../kernel/json.ts';
import { isOfRun, partOf, type Origins } from '../job/origins.ts';
import { isEmpty } from '../job/shape.ts';

/** Whether this value, or a part of it, comes from job variables. Empty values do not count. */
export function isPartlyOfRun(value: Json | undefined, origins: Origins, except?: string): boolean {
  if (value === undefined || isEmpty(value)) return false;
  if (isOfRun(origins)) return true;
  if (typeof value !== 'object' || value === null || value instanceof WrittenNumber) return false;
  return Object.entries(value).some(
    ([key, inner]: [string, Json]) => key !== except && isPartlyOfRun(inner, partOf(origins, key)),
  );
}
