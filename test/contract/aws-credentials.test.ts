import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAws } from '../../src/aws/create-aws.ts';
import { parseAwsCredentials } from '../../src/core/job/credentials.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { loggerOver } from '../../src/kernel/console-logger.ts';
import type { Json } from '../../src/kernel/json.ts';
import { ManualClock } from '../../src/kernel/manual-clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { startAwsStandIn, type AwsStandIn } from './aws-stand-in.ts';

const never = new AbortController().signal;
const keys = (name: string): { readonly [key: string]: Json } => ({
  aws_access_key_id: name,
  aws_secret_access_key: `secret of ${name}`,
});
const role = {
  ...keys('AKIDBASE'),
  region_name: 'eu-west-1',
  assume_role_arn: 'arn:aws:iam::111122223333:role/runs',
};

describe('A job’s credentials', () => {
  let aws: AwsStandIn;
  const logged: string[] = [];

  beforeEach(async () => {
    aws = await startAwsStandIn();
    logged.length = 0;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await aws[Symbol.asyncDispose]();
  });

  const sessions = (clock: Clock = new ManualClock()) =>
    createAws({
      settings: {
        region: 'us-east-1',
        endpointUrl: aws.url,
        endpointUrls: {},
        caBundle: undefined,
        usesProxy: false,
      },
      clock,
      random: seededRandom(7),
      log: loggerOver((level, message) => logged.push(`${level}: ${message}`), {}),
    });
  const look = async (from: ReturnType<typeof sessions>, credentials: Json) =>
    (await from.sessionFor(parseAwsCredentials(credentials), never)).describeTasks(
      'default',
      ['t'],
      never,
    );

  it('sign calls with static keys and their session token', async () => {
    await look(sessions(), { ...keys('AKIDONE'), aws_session_token: 'a-token' });

    expect(aws.calls).toEqual([
      expect.objectContaining({
        signedBy: 'AKIDONE',
        sessionToken: 'a-token',
        region: 'us-east-1',
      }),
    ]);
  });

  it('of several accounts and regions sign side by side, each for itself', async () => {
    const all = sessions();
    const sets = ['AKIDA', 'AKIDB', 'AKIDC'].map((name, at) => ({
      ...keys(name),
      region_name: `eu-west-${at + 1}`,
    }));

    await Promise.all([...sets, ...sets].map((credentials) => look(all, credentials)));

    const signed = aws.calls.map((call) => `${call.signedBy} ${call.region}`).toSorted();
    expect(signed).toEqual(
      ['AKIDA eu-west-1', 'AKIDB eu-west-2', 'AKIDC eu-west-3'].flatMap((one) => [one, one]),
    );
  });

  it('share a session only if all their fields are equal', async () => {
    const all = sessions();
    const open = (credentials: Json) => all.sessionFor(parseAwsCredentials(credentials), never);

    const one = await open(keys('AKIDONE'));

    expect(await open(keys('AKIDONE'))).toBe(one);
    for (const other of [
      keys('AKIDTWO'),
      { ...keys('AKIDONE'), aws_secret_access_key: 'another' },
      { ...keys('AKIDONE'), aws_session_token: 'another' },
      { ...keys('AKIDONE'), region_name: 'eu-west-1' },
      { ...keys('AKIDONE'), aws_client_parameters: { use_ssl: false } },
      { ...keys('AKIDONE'), assume_role_arn: 'arn:aws:iam::1:role/r' },
    ]) {
      const session = await open(other);
      expect(session).not.toBe(one);
      expect(session.key).not.toBe(one.key);
    }
    expect(one.key).not.toContain('AKIDONE');
  });

  it('can be dropped from the full cache without breaking a call under way', async () => {
    const all = sessions();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    aws.interfere((call) => (call.signedBy === 'AKIDFIRST' ? held : undefined));
    const first = look(all, keys('AKIDFIRST'));
    await vi.waitFor(() => expect(aws.calls).toHaveLength(1));

    for (let at = 0; at < 10; at += 1) await look(all, keys(`AKID${at}`));
    release();

    await expect(first).resolves.toEqual({ tasks: [], failures: [] });
  });

  it('come from the AWS files for a named or the active profile', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-aws-'));
    try {
      const file = join(folder, 'credentials');
      await writeFile(
        file,
        '[default]\naws_access_key_id=AKIDDEFAULT\naws_secret_access_key=x\n[two]\naws_access_key_id=AKIDPROFILE\naws_secret_access_key=y\n',
      );
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
      for (const name of [
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'AWS_SESSION_TOKEN',
        'AWS_PROFILE',
      ])
        vi.stubEnv(name, '');

      await look(sessions(), { profile_name: 'two' });
      await look(sessions(), {});

      expect(aws.calls.map((call) => call.signedBy)).toEqual(['AKIDPROFILE', 'AKIDDEFAULT']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('come from the environment before AWS_PROFILE, as in botocore', async () => {
    vi.stubEnv('AWS_PROFILE', 'somebody');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');

    await look(sessions(), {});

    expect(aws.calls.map((call) => call.signedBy)).toEqual(['AKIDENVIRONMENT']);
  });

  it('are refused when they name an unknown profile, even beside other credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');

    await expect(look(sessions(), { profile_name: 'nope' })).rejects.toMatchObject({
      name: 'ProfileNotFound',
      message: expect.stringContaining('The config profile (nope) could not be found'),
    });
    expect(aws.calls).toEqual([]);
  });

  it.each([
    [{ aws_access_key_id: 'AKIDHALF' }, 'aws_secret_access_key missing'],
    [{ aws_secret_access_key: 'a-secret' }, 'aws_access_key_id missing'],
    [{ aws_session_token: 'a-secret' }, 'aws_access_key_id and aws_secret_access_key missing'],
  ])(
    'are refused when incomplete (%j), without falling back to the machine’s',
    async (half, missing) => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRONMENT');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');

      const refused = look(sessions(), half);

      await expect(refused).rejects.toThrow(missing);
      await expect(refused).rejects.not.toThrow('a-secret');
    },
  );

  /** Hides the machine's own credentials and sets only these variables. */
  const onlyFrom = (environment: Readonly<Record<string, string>>): void => {
    const none = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];
    for (const name of none) vi.stubEnv(name, '');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  };

  it('fail at once when a web identity’s file is missing, and no call is sent', async () => {
    onlyFrom({ AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token', AWS_ROLE_ARN: role.assume_role_arn });

    await expect(look(sessions(), {})).rejects.toMatchObject({
      name: 'NoCredentialsError',
      mayPass: false,
      message: expect.stringContaining("no such file or directory, open '/nowhere/token'"),
    });
    expect(aws.calls).toEqual([]);
  });

  it('fail with the words of a credential process that fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-aws-'));
    try {
      const file = join(folder, 'config');
      await writeFile(
        file,
        "[default]\ncredential_process = sh -c 'echo expired refresh token >&2; exit 1'\n",
      );
      onlyFrom({ AWS_EC2_METADATA_DISABLED: 'true' });
      vi.stubEnv('AWS_CONFIG_FILE', file);

      await expect(look(sessions(), {})).rejects.toMatchObject({
        name: 'NoCredentialsError',
        mayPass: false,
        message: expect.stringContaining('expired refresh token'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("fail with the words of a container's endpoint that refuses", async () => {
    const refusal = {
      Code: 'AccessDeniedException',
      Message: 'Unauthorized Exception! EKS does not have permissions',
    };
    const endpoint = createServer((_, response) =>
      response.writeHead(403).end(JSON.stringify(refusal)),
    );
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    const address = endpoint.address();
    try {
      const port = typeof address === 'object' ? address?.port : 0;
      onlyFrom({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/credentials` });

      await expect(look(sessions(), {})).rejects.toMatchObject({
        name: 'NoCredentialsError',
        mayPass: false,
        message: expect.stringContaining(refusal.Message),
      });
    } finally {
      endpoint.close();
    }
  });

  it.each([
    ['cred-container-500', 500, 'InternalServerException', true],
    ['cred-container-503', 503, 'ServiceUnavailable', true],
    ['cred-container-404', 404, 'ResourceNotFoundException', false],
  ])(
    "fail transiently or permanently, by a container endpoint's status: %s",
    async (_id, status, code, mayPass) => {
      const endpoint = createServer((_, response) =>
        response.writeHead(status).end(JSON.stringify({ code })),
      );
      await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
      const address = endpoint.address();
      try {
        const port = typeof address === 'object' ? address?.port : 0;
        onlyFrom({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/credentials` });

        await expect(look(sessions(), {})).rejects.toMatchObject({
          name: 'NoCredentialsError',
          mayPass,
          message: expect.stringContaining(String(status)),
        });
        expect(aws.calls).toEqual([]);
      } finally {
        endpoint.close();
      }
    },
  );

  it.each([
    [
      'cred-webid-expired',
      'ExpiredTokenException',
      'Token expired: current date/time 1 must be before 0',
      false,
    ],
    [
      'cred-webid-idp',
      'IDPCommunicationError',
      "Couldn't retrieve verification key from your provider",
      true,
    ],
    [
      'cred-webid-denied',
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      false,
    ],
  ])(
    'fail with the words of STS when it refuses a web identity: %s',
    async (_id, code, words, mayPass) => {
      const folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-aws-'));
      try {
        const token = join(folder, 'token');
        await writeFile(token, 'a-token');
        onlyFrom({
          AWS_WEB_IDENTITY_TOKEN_FILE: token,
          AWS_ROLE_ARN: role.assume_role_arn,
          AWS_ENDPOINT_URL_STS: aws.url,
          AWS_REGION: 'us-east-1',
        });
        aws.interfere((call, response) => {
          if (call.operation !== 'AssumeRoleWithWebIdentity') return undefined;
          const error = `<Type>Sender</Type><Code>${code}</Code><Message>${words}</Message>`;
          response
            .writeHead(code === 'AccessDenied' ? 403 : 400, { 'content-type': 'text/xml' })
            .end(`<ErrorResponse><Error>${error}</Error><RequestId>x</RequestId></ErrorResponse>`);
          return Promise.resolve();
        });

        await expect(look(sessions(), {})).rejects.toMatchObject({
          name: 'NoCredentialsError',
          mayPass,
          message: expect.stringContaining(words),
        });
        expect(aws.count('DescribeTasks')).toBe(0);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  it('sign a call again by AWS’s clock when our clock is wrong', async () => {
    let answers = 0;
    aws.interfere((_call, response) => {
      answers += 1;
      if (answers > 1) return undefined;
      const late = {
        date: new Date(Date.now() + 10 * 60_000).toUTCString(),
        'content-type': 'application/x-amz-json-1.1',
      };
      response
        .writeHead(400, late)
        .end('{"__type":"InvalidSignatureException","message":"Signature expired"}');
      return Promise.resolve();
    });

    const answer = await (
      await sessions().sessionFor(parseAwsCredentials(keys('AKIDONE')), never)
    ).runTask({ taskDefinition: 'f:1', clientToken: 'token' }, never);

    expect(answer).toEqual({ tasks: [], failures: [] });
    expect(aws.count('RunTask')).toBe(2);
  });

  describe('of an assumed role', () => {
    it('keep their session while STS refuses, and renew it later', async () => {
      const clock = new ManualClock('2030-01-01T00:00:00Z');
      const all = sessions(clock);
      aws.sessionsExpireAt = new Date('2030-01-01T01:00:00Z');
      await look(all, role);
      await clock.elapse(57 * 60_000);
      aws.interfere((call, response) => {
        if (call.operation === 'AssumeRole')
          response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
        return undefined;
      });

      await look(all, role);
      await look(all, role);
      expect(aws.count('AssumeRole')).toBe(2);
      aws.interfere(() => undefined);
      await clock.elapse(30_000);
      aws.sessionsExpireAt = new Date('2030-01-01T02:00:00Z');
      await look(all, role);

      expect(
        aws.calls.filter((call) => call.operation !== 'AssumeRole').map((call) => call.signedBy),
      ).toEqual(['ASIASESSION1', 'ASIASESSION1', 'ASIASESSION1', 'ASIASESSION3']);
    });

    it('are requested with every given parameter', async () => {
      await look(sessions(), {
        ...role,
        assume_role_kwargs: {
          RoleSessionName: 'mine',
          DurationSeconds: 900,
          ExternalId: 'ext',
          PolicyArns: [{ arn: 'arn:p' }],
          Tags: [{ Key: 'k', Value: 'v' }],
          TransitiveTagKeys: ['k'],
          SourceIdentity: 'me',
          Policy: null,
        },
      });

      const [asked, signed] = aws.calls;
      expect(asked).toMatchObject({
        operation: 'AssumeRole',
        signedBy: 'AKIDBASE',
        region: 'eu-west-1',
      });
      expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
        Action: 'AssumeRole',
        Version: '2011-06-15',
        RoleArn: role.assume_role_arn,
        RoleSessionName: 'mine',
        DurationSeconds: '900',
        ExternalId: 'ext',
        'PolicyArns.member.1.arn': 'arn:p',
        'Tags.member.1.Key': 'k',
        'Tags.member.1.Value': 'v',
        'TransitiveTagKeys.member.1': 'k',
        SourceIdentity: 'me',
      });
      expect(signed).toMatchObject({
        signedBy: 'ASIASESSION1',
        sessionToken: 'token-1',
        region: 'eu-west-1',
      });
    });

    it('are renewed before they expire, once for all calls, for 12 hours and more', async () => {
      const clock = new ManualClock('2030-01-01T00:00:00Z');
      const all = sessions(clock);
      const hour = 3_600_000;
      const signers = [];
      for (let at = 0; at <= 12; at += 1) {
        aws.sessionsExpireAt = new Date(clock.now().getTime() + hour);
        await Promise.all(Array.from({ length: 20 }, () => look(all, role)));
        signers.push(aws.calls.at(-1)?.signedBy);
        await clock.elapse(hour - 5 * 60_000 - 1);
        await look(all, role);
        expect(aws.count('AssumeRole')).toBe(at + 1);
        await clock.elapse(1);
      }

      expect(signers).toEqual(Array.from({ length: 13 }, (_, at) => `ASIASESSION${at + 1}`));
      expect(clock.now().getTime()).toBeGreaterThan(Date.parse('2030-01-01T11:50:00Z'));
    });

    it('with an MFA code fail at the session’s end, and the error says why', async () => {
      const clock = new ManualClock('2030-01-01T00:00:00Z');
      const all = sessions(clock);
      const credentials = {
        ...role,
        assume_role_kwargs: { SerialNumber: 'arn:mfa', TokenCode: '123456' },
      };
      await look(all, credentials);
      await clock.elapse(3_600_000);

      await expect(look(all, credentials)).rejects.toThrow(
        /opened with an MFA code, which works only once\. Remove/,
      );
      expect(aws.count('AssumeRole')).toBe(1);
    });
  });
});

describe('A client parameter or botocore option', () => {
  let aws: AwsStandIn;
  beforeEach(async () => {
    aws = await startAwsStandIn();
  });
  afterEach(() => aws[Symbol.asyncDispose]());

  /** Records waits instead of waiting. */
  const waits: number[] = [];
  const hurried: Clock = {
    now: () => new Date('2030-01-01T00:00:00Z'),
    monotonicMs: () => 0,
    sleep: (ms, signal) =>
      ms >= 1_000 * 30 || signal.aborted
        ? new Promise((_, reject) => {
            const stop = (): void => reject(new Error('over'));
            if (signal.aborted) stop();
            else signal.addEventListener('abort', stop, { once: true });
          })
        : Promise.resolve(void waits.push(ms)),
  };
  const look = async (parameters: Json, logged: string[] = []) => {
    const all = createAws({
      settings: {
        region: undefined,
        endpointUrl: undefined,
        endpointUrls: {},
        caBundle: undefined,
        usesProxy: false,
      },
      clock: hurried,
      random: seededRandom(1),
      log: loggerOver((level, message) => logged.push(`${level}: ${message}`), {}),
    });
    const credentials = parseAwsCredentials({
      ...keys('AKIDONE'),
      aws_client_parameters: parameters,
    });
    return (await all.sessionFor(credentials, never)).describeTasks('default', ['t'], never);
  };

  it('is applied: endpoint_url, region_name, user_agent_extra and signature_version', async () => {
    await look({
      endpoint_url: aws.url,
      config: { region_name: 'ap-south-1', user_agent_extra: 'team/7' },
    });
    await look({
      endpoint_url: aws.url,
      config: { region_name: 'ap-south-1', signature_version: 'unsigned' },
    });

    expect(aws.calls[0]).toMatchObject({
      region: 'ap-south-1',
      userAgent: expect.stringContaining('team/7'),
    });
    expect(aws.calls[1]?.signedBy).toBeUndefined();
  });

  it.each([
    [{ retries: { total_max_attempts: 3 } }, 3],
    [{ retries: { max_attempts: 1 } }, 2],
    [{ retries: { max_attempts: 0 } }, 1],
    [{ retries: { mode: 'standard' } }, 3],
    [{ retries: { mode: 'adaptive' } }, 3],
    [{ retries: { mode: 'legacy' } }, 5],
    [{}, 5],
  ])('for retries sets the attempts: %j makes %d', async (config, attempts) => {
    aws.interfere((_call, response) => {
      response.writeHead(500).end();
      return undefined;
    });

    await expect(
      look({ endpoint_url: aws.url, config: { region_name: 'us-east-1', ...config } }),
    ).rejects.toThrow(/./);
    expect(aws.calls).toHaveLength(attempts);
  });

  it('read_timeout ends an unanswered call', async () => {
    aws.interfere(() => new Promise(() => undefined));
    const config = {
      region_name: 'us-east-1',
      read_timeout: 2,
      retries: { total_max_attempts: 1 },
    };

    await expect(look({ endpoint_url: aws.url, config })).rejects.toThrow(
      'AWS did not answer DescribeTasks within 2 s',
    );
  });

  it('without a meaning here causes a warning with its name', async () => {
    const logged: string[] = [];

    await look(
      {
        endpoint_url: aws.url,
        verify: false,
        verify_cert_path: '/x',
        config: { region_name: 'r', s3: {}, tcp_keepalive: false },
      },
      logged,
    );

    expect(logged).toEqual([
      "warning: The botocore option 's3' is not supported and is ignored.",
      'warning: verify_cert_path is set but verify is False. verify_cert_path will be ignored.',
    ]);
  });
});

describe('A connection to AWS', () => {
  const certificates = new URL('certificates/', import.meta.url);
  const cert = fileURLToPath(new URL('for-tests-only.cert.pem', certificates));
  const tls = {
    key: readFileSync(new URL('for-tests-only.key.pem', certificates)),
    cert: readFileSync(cert),
  };
  const nowhere = { endpointUrls: {}, endpointUrl: undefined, region: 'us-east-1' };
  const impatient = { config: { retries: { total_max_attempts: 1 } } };
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const look = async (
    settings: { readonly caBundle?: string; readonly usesProxy?: boolean },
    endpointUrl: string,
    parameters: Readonly<Record<string, Json>> = {},
  ) => {
    const all = createAws({
      settings: { ...nowhere, caBundle: undefined, usesProxy: false, ...settings },
      clock: new ManualClock(),
      random: seededRandom(1),
      log: loggerOver(() => undefined, {}),
    });
    const credentials = parseAwsCredentials({
      ...keys('AKIDONE'),
      aws_client_parameters: { endpoint_url: endpointUrl, ...impatient, ...parameters },
    });
    return (await all.sessionFor(credentials, never)).describeTasks('default', ['t'], never);
  };

  it('is refused for an untrusted certificate, unless a setting trusts it', async () => {
    await using aws = await startAwsStandIn(tls);

    await expect(look({}, aws.url)).rejects.toMatchObject({
      name: 'SSLError',
      message: expect.stringMatching(
        /signed by an authority that the worker does not trust.*AWS_CA_BUNDLE .*verify_cert_path/,
      ),
    });
    for (const [settings, parameters] of [
      [{ caBundle: cert }, {}],
      [{}, { verify_cert_path: cert }],
      [{}, { verify: cert }],
      [{}, { verify: false }],
    ] as const)
      await look(settings, aws.url, parameters);

    expect(aws.calls).toHaveLength(4);
  });

  it.each([
    [
      'expired',
      /certificate has expired, or the clock of this machine is ahead.*\(CERT_HAS_EXPIRED\)/,
    ],
    ['not-yet-valid', /certificate is not valid yet.*\(CERT_NOT_YET_VALID\)/],
    ['foreign-name', /is for another name.*AWS_ENDPOINT_URL.*\(ERR_TLS_CERT_ALTNAME_INVALID\)/],
  ])('fails at once and without a retry for a certificate that is %s', async (name, words) => {
    const shown = readFileSync(new URL(`${name}.cert.pem`, certificates));
    await using aws = await startAwsStandIn({ ...tls, cert: shown });
    const caBundle = fileURLToPath(new URL('authority.cert.pem', certificates));
    // The clock stands still, so the wait before a retry would never end.
    const patient = { config: { retries: { total_max_attempts: 5 } } };

    await expect(look({ caBundle }, aws.url, patient)).rejects.toMatchObject({
      name: 'SSLError',
      message: expect.stringMatching(words),
    });
  });

  it('by https to a plain HTTP endpoint fails and names the endpoint', async () => {
    await using aws = await startAwsStandIn();

    await expect(look({}, aws.url.replace('http:', 'https:'))).rejects.toMatchObject({
      name: 'SSLError',
      message: expect.stringMatching(/does not speak TLS on this port.*AWS_ENDPOINT_URL/),
    });
  });

  it('fails for a missing certificate bundle and names it', async () => {
    await expect(
      look({}, 'http://127.0.0.1:1', { verify_cert_path: '/no/such.pem' }),
    ).rejects.toThrow("Cannot read the certificate bundle '/no/such.pem'");
  });

  it('goes through the proxy of the environment or botocore config, but for NO_PROXY', async () => {
    await using proxy = await startAwsStandIn();
    await using direct = await startAwsStandIn();
    const elsewhere = 'http://ecs.us-east-1.example:8080';
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', '127.0.0.1');

    await look({ usesProxy: true }, elsewhere);
    await look({ usesProxy: true }, direct.url);
    await look({}, elsewhere, { config: { ...impatient.config, proxies: { http: proxy.url } } });

    expect(proxy.calls.map((call) => call.target)).toEqual([`${elsewhere}/`, `${elsewhere}/`]);
    expect(direct.calls).toHaveLength(1);
  });
});
