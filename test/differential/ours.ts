import { isDocument, type Difference } from './differences.ts';

type Document = Readonly<Record<string, unknown>>;

/** The configuration that the Python worker got, and both payloads. */
export interface Context {
  /** Resolved `task_run_request`, and below `task_definition`; null if resolving failed. */
  readonly request: Document | null;
  /** Names in `env` whose value is null. */
  readonly unset: readonly string[];
  readonly definition: Document | null;
  readonly pythonRequest: Document | null;
  readonly pythonDefinition: Document | null;
  readonly oursDefinition: Document | null;
}

interface Decision {
  /** Section, rule or quirk of the worker's contract. */
  readonly rule: string;
  readonly reason: string;
  explains(difference: Difference, context: Context): boolean;
  /** Drawn once in thousands of cases, so that a run of CI's size may miss it. */
  readonly isRare?: true;
}

const inEnvironment = /\/containerOverrides\/\d+\/environment\/[^/]+$/;
const inDefinition = /^\/definition\/containerDefinitions\/\d+\/environment\/[^/]+$/;

/** Intended differences from Python's payload. Any other difference is a bug of ours. */
export const payloadDecisions: readonly Decision[] = [
  {
    rule: '0.3',
    reason: 'tags hold no secret of a block, since anyone can read tags (docs/security.md)',
    isRare: true,
    explains: ({ path, python, ours }) =>
      path.startsWith('/run_task/tags/') &&
      typeof python === 'string' &&
      typeof ours === 'string' &&
      isRedactionOf(python, ours),
  },
  {
    rule: '4 rule 8',
    reason: 'Python slugs the family and drops the result; ECS refuses other characters',
    explains: ({ path, python, ours }) =>
      path === '/definition/family' &&
      typeof python === 'string' &&
      typeof ours === 'string' &&
      (isFamilyOf(python, ours) || python.replaceAll(/^-+|-+$/g, '') === ours),
  },
  {
    rule: '4 rule 8',
    reason: 'the revision belongs to the family that was registered',
    explains: ({ path }, { pythonDefinition, oursDefinition }) =>
      path === '/run_task/taskDefinition' &&
      pythonDefinition !== null &&
      pythonDefinition['family'] !== oursDefinition?.['family'],
  },
  {
    rule: '5.1',
    reason: 'we always compare with the newest revision, Python only when asked',
    explains: ({ path, ours }, { pythonDefinition, oursDefinition }) =>
      (path === '/definition' && ours === null && pythonDefinition !== null) ||
      (path === '/run_task/taskDefinition' && pythonDefinition !== null && oursDefinition === null),
  },
  {
    rule: 'Q5',
    reason: 'a zero and an empty variable have a meaning: Python drops both',
    explains: ({ path, python, ours }) =>
      path.startsWith('/definition') &&
      python === undefined &&
      (ours === 0 || (ours === '' && inDefinition.test(path))),
  },
  {
    rule: '4 rule 5',
    reason: 'an image that is null or empty counts as missing',
    explains: ({ path, python, ours }) =>
      /^\/definition\/containerDefinitions\/\d+\/image$/.test(path) &&
      python === undefined &&
      typeof ours === 'string',
  },
  {
    rule: '4 rule 4',
    reason: 'a container whose name is null or empty gets a name; Python adds another container',
    explains: ({ path }, { definition }) =>
      path.startsWith('/definition/containerDefinitions') &&
      itemsOf(definition?.['containerDefinitions']).some(
        (item) => 'name' in item && isEmpty(item['name']),
      ),
  },
  {
    rule: 'Q6',
    reason: 'a container with a memory reservation needs no memory',
    explains: ({ path, python, ours }, { definition }) =>
      /^\/definition\/containerDefinitions\/\d+\/memory$/.test(path) &&
      typeof python === 'number' &&
      ours === undefined &&
      itemsOf(definition?.['containerDefinitions']).some((item) => 'memoryReservation' in item),
  },
  {
    rule: 'Q41',
    reason: 'a definition without an execution role gets the job’s',
    explains: ({ path, python, ours }) =>
      path === '/definition/executionRoleArn' && python === undefined && typeof ours === 'string',
  },
  {
    rule: 'Q4',
    reason: 'an empty launch type is decided before the definition is built, not after',
    explains: ({ path }, { request }) =>
      isEmpty(request?.['launchType']) &&
      /^\/definition\/(networkMode|requiresCompatibilities(\/\d+)?|cpu|memory|containerDefinitions\/\d+\/(cpu|memory))$/.test(
        path,
      ),
  },
  {
    rule: 'Q4, 7.1',
    reason: 'Fargate’s network mode needs a network',
    explains: ({ path }, { request }) =>
      isEmpty(request?.['launchType']) && path.startsWith('/run_task/networkConfiguration'),
  },
  {
    rule: 'Q7',
    reason:
      'a missing override for the Prefect container is added, or command and variables are lost',
    explains: ({ path, python, ours }) =>
      /^\/run_task\/overrides(\/containerOverrides(\/\d+)?)?$/.test(path) &&
      (python === undefined || (Array.isArray(python) && python.length === 0)) &&
      ours !== undefined,
  },
  {
    rule: 'Q12',
    reason: 'a variable set to null is removed, wherever it was set',
    explains: ({ path, python, ours }, { unset }) =>
      ours === undefined &&
      (inEnvironment.test(path) || inDefinition.test(path)
        ? unset.includes(path.split('/').at(-1) ?? '')
        : path.endsWith('/environment') &&
          itemsOf(python).every((item) => unset.includes(String(item['name'])))),
  },
  {
    rule: '7 last',
    reason: 'an empty strategy or empty tags mean nothing',
    explains: ({ path, python, ours }) =>
      /^\/run_task\/(capacityProviderStrategy|tags)$/.test(path) &&
      Array.isArray(python) &&
      python.length === 0 &&
      ours === undefined,
  },
  {
    rule: '7 rule 2',
    reason: 'an empty cluster means the default one, as a missing cluster does',
    explains: ({ path, python, ours }) =>
      path === '/run_task/cluster' && python === '' && ours === undefined,
  },
  {
    rule: 'Q11',
    reason: 'tasks on EC2 and EXTERNAL cannot have a public address',
    explains: ({ path, python, ours }) =>
      path === '/run_task/networkConfiguration/awsvpcConfiguration/assignPublicIp' &&
      python === 'ENABLED' &&
      ours === 'DISABLED',
  },
  {
    rule: 'Q10',
    reason: 'tags keep letters of any script, as AWS allows, and are cut to its lengths',
    explains: ({ path, python, ours }) =>
      path.startsWith('/run_task/tags') &&
      (ours === undefined ||
        (typeof ours === 'string' && /[^ -~]/.test(`${path}${ours}`)) ||
        (typeof python === 'string' &&
          typeof ours === 'string' &&
          python.startsWith(ours) &&
          ours.length === 256)),
  },
];

interface ErrorDecision {
  readonly rule: string;
  readonly reason: string;
  /** Matches `Name: message`. Undefined: Python launches. */
  readonly python: RegExp | 'whatever' | undefined;
  /** Matches `Name: message`. Undefined: we launch, or fail at a later step than Python. */
  readonly ours: RegExp | undefined;
  /** Applies only if the configuration's `env` unsets a variable. */
  readonly isOfUnset?: true;
}

/** Intended differences in errors: only one side fails, or both with different errors. */
export const errorDecisions: readonly ErrorDecision[] = [
  {
    rule: '4 rule 3',
    reason:
      "the first container has another name and a second one none: the flow's is unknown (OURS)",
    python: 'whatever',
    ours: /^ValidationError: The task definition has \d+ containers, and it is unclear which/,
  },
  {
    rule: 'Q5',
    reason: 'a zero has a meaning: Python drops it, then reports it as missing',
    python: /^ParamValidationError: .*Missing required parameter in \S+: "softLimit"/,
    ours: undefined,
  },
  {
    rule: 'Q6',
    reason: 'ECS accepts only integers as container sizes, so text becomes an integer',
    python:
      /^ParamValidationError: .*parameter containerDefinitions\[\d+\]\.(cpu|memory), value: \d+, type: <class 'str'>/,
    ours: undefined,
  },
  {
    rule: '7 last',
    reason: 'null means not set',
    python: /^ParamValidationError: .*Invalid type for parameter [^,]+, value: None,/,
    ours: undefined,
  },
  {
    rule: '7 rule 12',
    reason: 'container sizes are integers',
    python:
      /^ParamValidationError: .*parameter overrides\.containerOverrides\[\d+\]\.(cpu|memory|memoryReservation), value: \d+, type: <class 'str'>/,
    ours: undefined,
  },
  {
    rule: '7 rule 11',
    reason: 'ECS accepts only text as the value of a variable',
    python:
      /^ParamValidationError: .*parameter overrides\.containerOverrides\[\d+\]\.environment\[\d+\]\.value, value: [\w.-]+, type: <class '(int|float|bool)'>/,
    ours: undefined,
  },
  {
    rule: '7 rule 11',
    reason: 'null unsets a variable with any value; Python keeps that value and refuses it',
    python:
      /^ParamValidationError: .*parameter overrides\.containerOverrides\[\d+\]\.environment\[\d+\]\.value, value: [{[].*, type: <class '(dict|list)'>/,
    ours: undefined,
    isOfUnset: true,
  },
  {
    rule: '7',
    reason: 'of two faults we report the command’s first, since a launch begins with it',
    python: /^\w+Error: /,
    ours: /^ValueError: No closing quotation/,
  },
  {
    rule: '4, 7',
    reason: 'we first report what AWS would refuse; Python reports it last or fails on it',
    python: /^(?!ParamValidationError)/,
    ours: /^ParamValidationError: /,
  },
  {
    rule: '7 rule 1',
    reason: 'an empty `taskDefinition` in the request counts as missing',
    python: /^AssertionError: Task definition ARN mismatch: (None|'') != /,
    ours: undefined,
  },
  {
    rule: 'Q22',
    reason: 'the secret replaces a key even if the worker has none',
    python: /^KeyError: 'PREFECT_API_KEY'$/,
    ours: undefined,
  },
  {
    rule: '7 rule 11',
    reason: 'a numeric key becomes text; Python fails when it masks the number',
    python: /^TypeError: object of type '(int|float|bool)' has no len\(\)$/,
    ours: undefined,
  },
  {
    rule: 'Q3, Q4',
    reason: 'the effective launch type counts, and EXTERNAL needs EXTERNAL',
    python: /^ValueError: Task definition does not have 'FARGATE' in 'requiresCompatibilities'/,
    ours: undefined,
  },
  {
    rule: 'Q3',
    reason: 'EXTERNAL needs EXTERNAL',
    python: 'whatever',
    ours: /^ValueError: Task definition does not have 'EXTERNAL' in 'requiresCompatibilities'/,
  },
  {
    rule: 'Q4, 7.1',
    reason: 'an empty launch type means Fargate, which needs a network',
    python: 'whatever',
    ours: /^ValueError: (Subnets \[|Failed to find (subnets|VPC|the default VPC)|Found network mode )/,
  },
  {
    rule: 'Q4, 7.1',
    reason: 'an empty launch type means Fargate, with the given network',
    python: 'whatever',
    ours: /^ParamValidationError: .* Missing required parameter in networkConfiguration.awsvpcConfiguration: "subnets" Nothing/,
  },
  {
    rule: 'Q7',
    reason: 'a command is never lost: one that cannot be split is an error; Python drops it',
    python: undefined,
    ours: /^ValueError: No closing quotation$/,
  },
  {
    rule: 'Q41',
    reason: 'a definition without an execution role gets the job’s',
    python: /^ValueError: An execution role arn must be set on the task definition/,
    ours: undefined,
  },
  {
    rule: '1.5 step 8',
    reason: 'label values become text',
    python: /^ValidationError: .*\s+labels\.\S+\s+Input should be a valid string/,
    ours: undefined,
  },
  {
    rule: '1.5',
    reason: 'we name the field and the fix; Python shows its own operands',
    python:
      /^(TypeError: unsupported operand|ValueError: dictionary update sequence|TypeError: .*not iterable)/,
    ours: /^(TypeError|ValueError): .*`env` must be an object/,
  },
  {
    rule: '1.5 step 8',
    reason: 'we name the field in our words, not in pydantic’s',
    python: /^ValidationError: .*\s+configure_cloudwatch_logs\s+Input should be a valid boolean/,
    ours: /^ValidationError: The job configuration is not valid\. configure_cloudwatch_logs: /,
  },
  {
    rule: '8.4',
    reason: 'errors have AWS’s name, even if botocore has no class for it',
    python: /^ClientError: .*Unable to describe task definition\./,
    ours: /^ClientException: .*Unable to describe task definition\.$/,
  },
];

/**
 * Extracts the faults of botocore's parameter report by kind, path and name. Both sides must share
 * one fault, not all: Python reports a request's faults after it registered the definition, we
 * report all before. Indexes are dropped, since Python leaves out empty containers before it counts
 * and a number may be redacted as a secret.
 */
function faultsIn(message: string): readonly string[] {
  const fault =
    /^(?:(?:Unknown|Missing required) parameter in [^:]+: "[^"]*"|Invalid type for parameter [^,]+)/;
  return message
    .split('\n')
    .flatMap((line) => fault.exec(line) ?? [])
    .map((found) => found.replaceAll(/\[[^\]]*\]/g, '[]'));
}

/** Whether `ours` is `python` with only the characters that ECS accepts. */
function isFamilyOf(python: string, ours: string): boolean {
  const letters = (text: string): string => text.replaceAll(/[^a-zA-Z0-9_]/g, '');
  return (
    /^[a-zA-Z0-9_-]{1,255}$/.test(ours) &&
    !/^[a-zA-Z0-9_-]+$/.test(python) &&
    letters(python) === letters(ours)
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

export function explanationOf(difference: Difference, context: Context): Decision | undefined {
  return payloadDecisions.find((decision) => decision.explains(difference, context));
}

/** Whether both texts are equal but for the parts that ours shows as `redacted`. */
function isRedactionOf(python: string, ours: string): boolean {
  const [first = '', ...kept] = ours.split('redacted');
  if (kept.length === 0 || !python.startsWith(first)) return false;
  let from = first.length;
  for (const part of kept) {
    const at = python.indexOf(part, from + 1);
    if (at < 0) return false;
    from = at + part.length;
  }
  return kept.at(-1) === '' || from === python.length;
}

export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** Whether both sides end alike or differ on purpose. */
export function errorsAgree(
  python: Failure | null,
  ours: Failure | null,
  unset: readonly string[],
): boolean {
  if (python === null && ours === null) return true;
  if (python !== null && ours !== null && python.name === ours.name) {
    if (python.message.includes(ours.message)) return true;
    const told = new Set(faultsIn(ours.message));
    if (faultsIn(python.message).some((fault) => told.has(fault))) return true;
  }
  return errorDecisions.some(
    (decision) =>
      (decision.isOfUnset !== true || unset.length > 0) &&
      (decision.python === 'whatever' || agrees(decision.python, python)) &&
      (decision.ours === undefined || agrees(decision.ours, ours)),
  );
}

function agrees(pattern: RegExp | undefined, failure: Failure | null): boolean {
  if (pattern === undefined || failure === null) return pattern === undefined && failure === null;
  return pattern.test(`${failure.name}: ${failure.message.replaceAll('\n', ' ')}`);
}

function itemsOf(value: unknown): readonly Document[] {
  return Array.isArray(value) ? value.filter(isDocument) : [];
}
