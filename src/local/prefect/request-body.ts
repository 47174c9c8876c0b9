import { parseKeeping } from '../../kernel/written-numbers.ts';
import { exception, invalidRequest, refusal } from './http.ts';

/**
 * The nesting depths of JSON above which the server refuses to store (500) and to parse (400).
 * Measured on 3.9.1.
 */
const deepestStored = 256;
const deepestParsed = 953;

/** Members whose numbers are returned exactly as clients wrote them. */
const keptMembers = ['base_job_template', 'job_variables', 'parameters', 'labels', 'data', 'value'];

/**
 * The JSON of a request, up to the depth that the real server accepts. Deeper JSON could overflow
 * the stack of a later reader.
 */
export function bodyOf(text: string): unknown {
  if (text === '') return undefined;
  const depth = nestingOf(text);
  if (depth > deepestParsed) throw refusal(400, 'There was an error parsing the body');
  const body = parsed(text);
  if (depth > deepestStored) throw exception(500, 'Internal Server Error');
  return body;
}

function parsed(text: string): unknown {
  try {
    return parseKeeping(text, keptMembers);
  } catch {
    const detail = { type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} };
    throw invalidRequest([detail], text);
  }
}

/** Brackets inside strings do not count. Short bodies cannot be deep, and most are short. */
function nestingOf(text: string): number {
  if (text.length <= deepestStored * 2) return 0;
  let [depth, deepest, isText] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at];
    if (isText && mark === '\\') at += 1;
    else if (mark === '"') isText = !isText;
    else if (!isText && (mark === '[' || mark === '{')) deepest = Math.max(deepest, (depth += 1));
    else if (!isText && (mark === ']' || mark === '}')) depth -= 1;
  }
  return deepest;
}
