import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logLevelOf, type ContainerLogLevel } from './log-level.ts';

describe('The level of a log line', () => {
  it.each<[ContainerLogLevel, string]>([
    // Prefect's console handler.
    ['info', "12:34:56.789 | INFO    | Flow run 'nimble-crab' - Beginning flow run"],
    ['warning', '12:34:56.789 | WARNING | prefect.engine - slow'],
    ['error', "12:34:56.789 | ERROR   | Flow run 'nimble-crab' - Encountered an exception"],
    ['error', '12:34:56.789 | CRITICAL | prefect - gone'],
    ['debug', '12:34:56.789 | DEBUG   | prefect.client - x'],
    ['error', '2026-01-31 12:34:56.789 | ERROR | loguru:main:1 - x'],
    ['error', '\u001B[36m12:34:56.789\u001B[0m | \u001B[91mERROR\u001B[0m   | prefect - coloured'],
    // Python's logging.
    ['error', 'ERROR:root:boom'],
    ['warning', 'WARNING:urllib3.connectionpool:Retrying'],
    ['error', '2026-01-31 12:34:56,789 - my.module - ERROR - boom'],
    ['warning', '2026-01-31 12:34:56,789 WARNING my.module boom'],
    ['error', '[2026-01-31T12:34:56.789Z] [CRITICAL] boom'],
    ['error', 'Traceback (most recent call last):'],
    // JSON lines.
    ['error', '{"level": "error", "msg": "boom"}'],
    ['warning', '{"severity":"WARNING"}'],
    ['error', '{"levelname":"CRITICAL"}'],
    ['error', '{"log.level":"error"}'],
    ['debug', '{"level":20}'],
    ['info', '{"level":30}'],
    ['warning', '{"level":40}'],
    ['error', '{"level":60}'],
    ['debug', '{"levelno":10}'],
    ['info', '{"levelno":20}'],
    ['warning', '{"levelno":30}'],
    ['error', '{"levelno":40}'],
    ['info', '{"msg":"no level"}'],
    ['info', '{"level":"odd"}'],
    ['info', '{"level":null,"severity":'],
    ['info', `{"level":"error","msg":"${'x'.repeat(70_000)}"}`],
    // Others.
    ['error', '[ERROR] Runtime.ImportModuleError'],
    ['warning', '<WARN> careful'],
    ['error', 'ts=2026-01-31T12:34:56Z level=error msg=boom'],
    // No level.
    ['info', ''],
    ['info', 'hello'],
    ['info', 'NOTE: ERROR: in the middle'],
    ['info', 'An error occurred'],
    ['info', '  File "/app/flow.py", line 3, in <module>'],
  ])('%s: %s', (level, line) => {
    expect(logLevelOf(line)).toBe(level);
  });

  it('is found for any text, however long', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constantFrom('a', '{', '[', ' ', 'a=b ', '\u001B[').map((part) => part.repeat(500_000)),
    );

    fc.assert(
      fc.property(any, (line) => {
        expect(['debug', 'info', 'warning', 'error']).toContain(logLevelOf(line));
      }),
    );
  });
});
