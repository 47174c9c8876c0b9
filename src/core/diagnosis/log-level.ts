/** Levels of our logger. CRITICAL and FATAL map to `error`. */
export type ContainerLogLevel = 'debug' | 'info' | 'warning' | 'error';

const byName: ReadonlyMap<string, ContainerLogLevel> = new Map([
  ['TRACE', 'debug'],
  ['DEBUG', 'debug'],
  ['VERBOSE', 'debug'],
  ['INFO', 'info'],
  ['INFORMATION', 'info'],
  ['NOTICE', 'info'],
  ['WARN', 'warning'],
  ['WARNING', 'warning'],
  ['ERR', 'error'],
  ['ERROR', 'error'],
  ['CRIT', 'error'],
  ['CRITICAL', 'error'],
  ['ALERT', 'error'],
  ['EMERGENCY', 'error'],
  ['FATAL', 'error'],
  ['PANIC', 'error'],
]);

/** Common formats of a log line. Each pattern captures the name of the level. */
const textForms: readonly RegExp[] = [
  // Prefect's console: `12:34:56.789 | WARNING | Flow run 'x' - ...`.
  /^(?:\d{4}-\d{2}-\d{2}[T ])?\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\s{0,9}\|\s{0,9}([A-Za-z]{3,11})\s{0,9}\|/,
  // logging.basicConfig: `ERROR:root:...`.
  /^([A-Z]{3,11}):/,
  // `[ERROR] ...`, `<ERROR> ...`.
  /^[[<]([A-Z]{3,11})[\]>]/,
  // Time, optional logger name, level: `2026-01-31 12:34:56,789 - name - ERROR - ...`.
  /^\[?\d{4}-\d{2}-\d{2}[T ][\d:.,+Z]{8,24}\]?[\s|-]{1,9}(?:[\w.]{1,100}[\s|-]{1,9})?[[<]?([A-Z]{3,11})\b/,
  // logfmt: `ts=... level=error msg=...`.
  /^(?:[\w.]{1,40}=\S{1,100} ){0,4}level="?([A-Za-z]{3,11})\b/,
];

/** Longer lines are not parsed as JSON: the level is not worth the CPU time. */
const maxJsonLength = 64 * 1024;

/** The level that a container's log line names, else `info`. */
export function logLevelOf(line: string): ContainerLogLevel {
  // Remove the colour codes of programs that write for a terminal.
  const start = line
    .slice(0, 512)
    .replace(/\u001B\[[\d;]{0,20}m/g, '')
    .trimStart();
  if (start.startsWith('{')) return levelInJson(line) ?? 'info';
  if (start.startsWith('Traceback (most recent call last)')) return 'error';
  for (const form of textForms) {
    const level = byName.get(form.exec(start)?.[1]?.toUpperCase() ?? '');
    if (level !== undefined) return level;
  }
  return 'info';
}

function levelInJson(line: string): ContainerLogLevel | undefined {
  if (line.length > maxJsonLength) return undefined;
  const fields = parsedObject(line);
  for (const key of ['level', 'severity', 'levelname', 'log.level']) {
    const value = fields?.get(key);
    if (typeof value === 'string') return byName.get(value.toUpperCase());
    if (typeof value === 'number') return pinoLevel(value);
  }
  const number = fields?.get('levelno');
  return typeof number === 'number' ? pythonLevel(number) : undefined;
}

function parsedObject(line: string): ReadonlyMap<string, unknown> | undefined {
  try {
    // A text that begins with `{` and parses is an object.
    return new Map<string, unknown>(Object.entries(JSON.parse(line) as object));
  } catch {
    return undefined; // it only began like JSON
  }
}

/** pino and bunyan: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
function pinoLevel(level: number): ContainerLogLevel {
  if (level >= 50) return 'error';
  if (level >= 40) return 'warning';
  return level >= 30 ? 'info' : 'debug';
}

/** Python's logging: 10 debug, 20 info, 30 warning, 40 error, 50 critical. */
function pythonLevel(level: number): ContainerLogLevel {
  if (level >= 40) return 'error';
  if (level >= 30) return 'warning';
  return level >= 20 ? 'info' : 'debug';
}
