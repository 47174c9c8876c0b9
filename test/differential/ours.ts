import { isDocument, type Difference } from './differences.ts';

type Document = Readonly<Record<string, unknown>>;

/** What the Python worker was asked for, and what it made of it. */
export interface Context {
  /**
   * `task_run_request` and `task_definition` of the resolved configuration; null when it did not
   * get so far.
   */
  readonly request: Document | null;
  /** Names in the configuration's `env` whose value is null. */
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
  /** Drawn once in thousands of cases: not to be missed in a run of CI's size. */
  readonly isRare?: true;
}

const inEnvironment = /\/containerOverrides\/\d+\/environment\/[^/]+$/;
const inDefinition = /^\/definition\/containerDefinitions\/\d+\/environment\/[^/]+$/;

/**
 * Where our payload differs from Python's on purpose. Everything else that differs is a bug of
 * ours.
 */
export const payloadDecisions: readonly Decision[] = [
  {
    rule: '0.3',
    reason: 'a tag holds no secret of a block: everybody reads tags (docs/security.md)',
    isRare: true,
    explains: ({ path, python, ours }) =>
      path.startsWith('/run_task/tags/') &&
      typeof python === 'string' &&
      typeof ours === 'string' &&
      isRedactionOf(python, ours),
  },
  {
    rule: '4 rule 8',
    reason: 'Python slugs the family and forgets the result; ECS refuses what has other characters',
    explains: ({ path, python, ours }) =>
      path === '/definition/family' &&
      typeof python === 'string' &&
      typeof ours === 'string' &&
      (isFamilyOf(python, ours) || python.replaceAll(/^-+|-+$/g, '') === ours),
  },
  {
    rule: '4 rule 8',
    reason: 'the revision is of the family that was really registered',
    explains: ({ path }, { pythonDefinition, oursDefinition }) =>
      path === '/run_task/taskDefinition' &&
      pythonDefinition !== null &&
      pythonDefinition['family'] !== oursDefinition?.['family'],
  },
  {
    rule: '5.1',
    reason: 'the newest revision of the family is looked at always, by Python only when told so',
    explains: ({ path, ours }, { pythonDefinition, oursDefinition }) =>
      (path === '/definition' && ours === null && pythonDefinition !== null) ||
      (path === '/run_task/taskDefinition' && pythonDefinition !== null && oursDefinition === null),
  },
  {
    rule: 'Q5',
    reason: 'a zero means something, and so does an empty variable: Python drops both',
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
    reason:
      'a container whose name is null or empty has no name: it is named, where Python adds one beside it',
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
    reason: 'the execution role of the job is set where the definition has none',
    explains: ({ path, python, ours }) =>
      path === '/definition/executionRoleArn' && python === undefined && typeof ours === 'string',
  },
  {
    rule: 'Q4',
    reason: 'a launch type that is empty is decided before the definition is built, not after it',
    explains: ({ path }, { request }) =>
      isEmpty(request?.['launchType']) &&
      /^\/definition\/(networkMode|requiresCompatibilities(\/\d+)?|cpu|memory|containerDefinitions\/\d+\/(cpu|memory))$/.test(
        path,
      ),
  },
  {
    rule: 'Q4, 7.1',
    reason: 'with the network mode of Fargate comes a network',
    explains: ({ path }, { request }) =>
      isEmpty(request?.['launchType']) && path.startsWith('/run_task/networkConfiguration'),
  },
  {
    rule: 'Q7',
    reason:
      'an override for the Prefect container is made if there is none, or command and variables are lost',
    explains: ({ path, python, ours }) =>
      /^\/run_task\/overrides(\/containerOverrides(\/\d+)?)?$/.test(path) &&
      (python === undefined || (Array.isArray(python) && python.length === 0)) &&
      ours !== undefined,
  },
  {
    rule: 'Q12',
    reason: 'a variable that is set to null is taken away, wherever it was set',
    explains: ({ path, python, ours }, { unset }) =>
      ours === undefined &&
      (inEnvironment.test(path) || inDefinition.test(path)
        ? unset.includes(path.split('/').at(-1) ?? '')
        : path.endsWith('/environment') &&
          itemsOf(python).every((item) => unset.includes(String(item['name'])))),
  },
  {
    rule: '7 last',
    reason: 'an empty strategy and empty tags say nothing',
    explains: ({ path, python, ours }) =>
      /^\/run_task\/(capacityProviderStrategy|tags)$/.test(path) &&
      Array.isArray(python) &&
      python.length === 0 &&
      ours === undefined,
  },
  {
    rule: '7 rule 2',
    reason: 'an empty name of a cluster means the default one, as no name does',
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
    reason:
      'letters of any script are kept in tags, as AWS allows, and lengths are cut to what it takes',
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
  /** `Name: message`; undefined: Python launches. */
  readonly python: RegExp | 'whatever' | undefined;
  /**
   * `Name: message`; undefined: we may launch, or fail of something that Python did not come to.
   */
  readonly ours: RegExp | undefined;
  /** Only where the configuration's `env` unsets a variable. */
  readonly isOfUnset?: true;
}

/** Where one of both fails and the other does not, or with another error, on purpose. */
export const errorDecisions: readonly ErrorDecision[] = [
  {
    rule: '4 rule 3',
    reason:
      "a container without a name beside the first, which has another: the flow's is not known (OURS)",
    python: 'whatever',
    ours: /^ValidationError: The task definition has \d+ containers, and none of them is known/,
  },
  {
    rule: 'Q5',
    reason: 'a zero means something: Python drops it, and then misses it',
    python: /^ParamValidationError: .*Missing required parameter in \S+: "softLimit"/,
    ours: undefined,
  },
  {
    rule: 'Q6',
    reason: 'ECS takes only integers as sizes of a container, and a text is made one',
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
    reason: 'sizes of a container are integers',
    python:
      /^ParamValidationError: .*parameter overrides\.containerOverrides\[\d+\]\.(cpu|memory|memoryReservation), value: \d+, type: <class 'str'>/,
    ours: undefined,
  },
  {
    rule: '7 rule 11',
    reason: 'ECS takes only text as the value of a variable',
    python:
      /^ParamValidationError: .*parameter overrides\.containerOverrides\[\d+\]\.environment\[\d+\]\.value, value: [\w.-]+, type: <class '(int|float|bool)'>/,
    ours: undefined,
  },
  {
    rule: '7 rule 11',
    reason:
      'null unsets a variable, whatever the request had as its value; Python refuses what it keeps',
    python:
      /^ParamValidationError: .*parameter overrides\.containerOverrides\[\d+\]\.environment\[\d+\]\.value, value: [{[].*, type: <class '(dict|list)'>/,
    ours: undefined,
    isOfUnset: true,
  },
  {
    rule: '7',
    reason: 'of two faults that of the command is told first: a launch begins with its words',
    python: /^\w+Error: /,
    ours: /^ValueError: No closing quotation/,
  },
  {
    rule: '4, 7',
    reason:
      'what AWS would not take is told first, where Python comes to it last or stumbles over it',
    python: /^(?!ParamValidationError)/,
    ours: /^ParamValidationError: /,
  },
  {
    rule: '7 rule 1',
    reason: 'an empty `taskDefinition` in the request is none',
    python: /^AssertionError: Task definition ARN mismatch: (None|'') != /,
    ours: undefined,
  },
  {
    rule: 'Q22',
    reason: 'the secret takes the place of a key that the worker does not have either',
    python: /^KeyError: 'PREFECT_API_KEY'$/,
    ours: undefined,
  },
  {
    rule: '7 rule 11',
    reason: 'a key that is a number becomes text; Python fails where it masks it',
    python: /^TypeError: object of type '(int|float|bool)' has no len\(\)$/,
    ours: undefined,
  },
  {
    rule: 'Q3, Q4',
    reason: 'the effective launch type counts, and EXTERNAL asks for EXTERNAL',
    python: /^ValueError: Task definition does not have 'FARGATE' in 'requiresCompatibilities'/,
    ours: undefined,
  },
  {
    rule: 'Q3',
    reason: 'EXTERNAL asks for EXTERNAL',
    python: 'whatever',
    ours: /^ValueError: Task definition does not have 'EXTERNAL' in 'requiresCompatibilities'/,
  },
  {
    rule: 'Q4, 7.1',
    reason: 'an empty launch type means Fargate, and with it a network',
    python: 'whatever',
    ours: /^ValueError: (Subnets \[|Failed to find (subnets|VPC|the default VPC)|Found network mode )/,
  },
  {
    rule: 'Q4, 7.1',
    reason: 'an empty launch type means Fargate, and with it the network that was given',
    python: 'whatever',
    ours: /^ParamValidationError: .* Missing required parameter in networkConfiguration.awsvpcConfiguration: "subnets" Nothing/,
  },
  {
    rule: 'Q7',
    reason:
      'a command is never lost, so one that cannot be split is an error where Python drops it',
    python: undefined,
    ours: /^ValueError: No closing quotation$/,
  },
  {
    rule: 'Q41',
    reason: 'the execution role of the job is set where the definition has none',
    python: /^ValueError: An execution role arn must be set on the task definition/,
    ours: undefined,
  },
  {
    rule: '1.5 step 8',
    reason: 'values of labels become text',
    python: /^ValidationError: .*\s+labels\.\S+\s+Input should be a valid string/,
    ours: undefined,
  },
  {
    rule: '1.5',
    reason: 'the field and the fix are named, where Python shows its own operands',
    python:
      /^(TypeError: unsupported operand|ValueError: dictionary update sequence|TypeError: .*not iterable)/,
    ours: /^(TypeError|ValueError): .*`env` must be an object/,
  },
  {
    rule: '1.5 step 8',
    reason: 'the field is named in our words, not in those of pydantic',
    python: /^ValidationError: .*\s+configure_cloudwatch_logs\s+Input should be a valid boolean/,
    ours: /^ValidationError: The job configuration is not valid\. configure_cloudwatch_logs: /,
  },
  {
    rule: '8.4',
    reason:
      'errors of AWS have the name that AWS gives them, also where botocore has no class of that name',
    python: /^ClientError: .*Unable to describe task definition\./,
    ours: /^ClientException: .*Unable to describe task definition\.$/,
  },
];

/**
 * Faults in botocore's report of parameters, each by kind, path and name. Both sides need to have
 * one in common: Python tells those of a request after the definition was registered, we tell all
 * before. Containers without anything are left out before Python numbers them, and a number may
 * look like a secret.
 */
function faultsIn(message: string): readonly string[] {
  const fault =
    /^(?:(?:Unknown|Missing required) parameter in [^:]+: "[^"]*"|Invalid type for parameter [^,]+)/;
  return message
    .split('\n')
    .flatMap((line) => fault.exec(line) ?? [])
    .map((found) => found.replaceAll(/\[[^\]]*\]/g, '[]'));
}

/** Whether `ours` is `python` with characters that ECS takes. */
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

/** Where `redacted` stands in ours, something else stands in Python's; all else is the same. */
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

/** True when both end the same way, or differ on purpose. */
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
