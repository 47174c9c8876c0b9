import { describe, expect, it } from 'vitest';
import { claimMessage } from '../core/claim/claim-record.ts';
import { proposalOf } from '../core/prefect/proposal.ts';
import { loggerOver } from '../kernel/console-logger.ts';
import { Redaction } from '../kernel/redaction/redaction.ts';
import { Secret } from '../kernel/secret.ts';
import { loadSettings } from '../settings/settings.ts';
import { exitsOf } from './exits.ts';
import { workerSecretsOf } from './worker-secrets.ts';

function exits(...secrets: readonly string[]) {
  const seen: unknown[] = [];
  const log = loggerOver((_level, message) => seen.push(message), {});
  const redaction = new Redaction(
    secrets.map((text) => ({ secret: new Secret(text), origin: 'block' })),
  );
  return {
    seen,
    ...exitsOf(redaction, { log, workerLog: log, showLine: (_run, line) => seen.push(line) }),
  };
}

describe('What leaves a worker', () => {
  it('is free of secrets: log lines, output, states, events', () => {
    const all = exits('hunter2222');
    all.log.info('log hunter2222');
    all.workerLog.info('worker log hunter2222');
    all.showLine({ id: 'i', name: 'n' }, 'output hunter2222');
    all.writeLine({ write: ({ message }) => all.seen.push(message) })({
      logger: 'l',
      level: 20,
      message: 'line hunter2222',
      timestamp: new Date(0),
      microsecond: 0,
      flowRunId: 'f',
    });
    all.seen.push(
      all.proposal(proposalOf('CRASHED', { message: 'state hunter2222', transitionId: 't' }))
        .message,
    );
    const event = all.event({
      id: 'e',
      occurred: 'now',
      event: 'prefect.ecs.task.stopped',
      resource: { 'prefect.resource.id': 'r', 'ecs.reason': 'hunter2222' },
      related: [{ 'prefect.resource.id': 'hunter2222', 'prefect.resource.name': 'hunter2222' }],
      payload: {},
      follows: null,
    });

    expect(all.seen).toEqual(['log ***', 'worker log ***', 'output ***', 'line ***', 'state ***']);
    expect(event).toMatchObject({
      resource: { 'prefect.resource.id': 'r', 'ecs.reason': '***' },
      // An id must stay, because others recognise the resource by it.
      related: [{ 'prefect.resource.id': 'hunter2222', 'prefect.resource.name': '***' }],
    });
  });

  it('keeps a claim’s message unchanged, even if a secret equals the cluster’s name', () => {
    const message = claimMessage(
      { workerName: 'w', processId: '44444444-4444-4444-8444-444444444444' },
      { cluster: 'prod', account: '123456789012', region: 'us-east-1' },
    );
    const claim = proposalOf('PENDING', { message, transitionId: 't' });

    expect(exits('prod').proposal(claim)).toBe(claim);
  });

  it('hides the secrets of a run while a holder registers them', () => {
    const all = exits();
    {
      using _held = all.secrets.hold([{ secret: new Secret('hunter2222'), origin: 'block' }]);
      all.log.info('hunter2222');
    }
    all.log.info('hunter2222');

    expect(all.seen).toEqual(['***', 'hunter2222']);
  });
});

it('A worker hides its keys, headers, passwords in URLs and secret variables', () => {
  const settings = loadSettings({
    environment: {
      PREFECT_API_URL: 'http://user:url-password@127.0.0.1/api',
      PREFECT_API_KEY: 'pnu_0123456789',
      PREFECT_API_AUTH_STRING: 'admin:auth-password',
      PREFECT_CLIENT_CUSTOM_HEADERS: JSON.stringify({
        Authorization: 'Bearer header-token',
        'X-Team': 'data',
        'X-Gateway': 'gateway-0123456789',
      }),
      HTTPS_PROXY: 'http://me:proxy-password@proxy:3128',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE0123',
      AWS_SECRET_ACCESS_KEY: 'aws-secret-0123456789',
      GITHUB_PAT: 'ghp_0123456789',
      SENTRY_DSN: 'https://0123456789abcdef0123@sentry.example.com/1',
      PATH: '/usr/bin',
      PWD: '/srv/of/all',
    },
    workingDirectory: '/nowhere',
    homeDirectory: '/nowhere',
    readTextFile: () => undefined,
  });
  const redaction = new Redaction(workerSecretsOf(settings));
  const isShown = (text: string): boolean => redaction.text(`it is ${text} here`).includes(text);

  for (const secret of [
    'url-password',
    'pnu_0123456789',
    'admin:auth-password',
    'auth-password',
    'Bearer header-token',
    'header-token',
    'gateway-0123456789',
    'proxy-password',
    'aws-secret-0123456789',
    'ghp_0123456789',
    '0123456789abcdef0123',
  ]) {
    expect(isShown(secret), secret).toBe(false);
  }
  for (const harmless of [
    'data',
    'AKIDEXAMPLE0123',
    '/usr/bin',
    '/srv/of/all',
    'admin',
    'sentry.example.com',
  ])
    expect(isShown(harmless), harmless).toBe(true);
});
