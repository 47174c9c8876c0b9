import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import type { Random } from '../../../kernel/random.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { SessionGiver } from '../deps.ts';
import type { Operations } from '../operation.ts';
import { invalidToken } from '../wire/key-ring.ts';
import { parseInput } from '../wire/parse.ts';
import type { AwsCall, Caller } from '../wire/wire.ts';

interface Session {
  readonly caller: Caller;
  readonly secret: string;
  readonly token: string;
  readonly expiresAtMs: number;
}

const AssumeRoleInput = z.looseObject({
  RoleArn: z.string(),
  RoleSessionName: z.string(),
  DurationSeconds: z.coerce.number().int().optional(),
});

const validation = (message: string): AwsError => new AwsError('ValidationError', message);

/**
 * The temporary keys that AssumeRole issued. Each belongs to the account of its role until it
 * expires.
 */
export class Sessions implements SessionGiver {
  readonly #clock: Clock;
  readonly #strong: Random | undefined;
  readonly #byKey = new Map<string, Session>();

  /**
   * `strong`: the random source for keys that must not be guessable. Undefined: the account's own
   * sequence.
   */
  constructor(clock: Clock, strong: Random | undefined) {
    this.#clock = clock;
    this.#strong = strong;
  }

  secretOf(accessKey: string): string | undefined {
    return this.#byKey.get(accessKey)?.secret;
  }

  /** Throws in the form of the protocol if the keys have expired or do not exist. */
  callerOf(
    accessKey: string,
    token: string | null,
    protocol: AwsCall['protocol'],
  ): Caller | undefined {
    if (!accessKey.startsWith('ASIA')) return undefined;
    const session = this.#byKey.get(accessKey);
    if (session === undefined || session.token !== token) throw invalidToken(protocol);
    if (session.expiresAtMs <= this.#clock.now().getTime()) throw expiredToken(protocol);
    return session.caller;
  }

  assume(input: Readonly<Record<string, unknown>>, by: Caller, random: Random) {
    const parsed = parseInput(AssumeRoleInput, input, 'ValidationError');
    const { RoleSessionName: name, DurationSeconds: seconds = 3_600 } = parsed;
    const [, account, role] =
      /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(parsed.RoleArn) ?? [];
    if (account === undefined || role === undefined)
      throw validation(`${parsed.RoleArn} is invalid`);
    if (!/^[\w+=,.@-]{2,64}$/.test(name))
      throw validation(`Value '${name}' at 'roleSessionName' is invalid`);
    const isChained = by.arn.includes(':assumed-role/');
    const most = isChained ? 3_600 : 43_200; // at most an hour for a role that another role assumes
    if (seconds < 900 || seconds > most)
      throw validation(`The requested DurationSeconds must be between 900 and ${most}.`);
    const letters = (): string => (this.#strong ?? random).uuid().replaceAll('-', '').toUpperCase();
    const key = `ASIA${letters().slice(0, 16)}`;
    const userId = `AROA${letters().slice(0, 16)}:${name}`;
    const arn = `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
    const token = letters() + letters();
    const secret = letters();
    const expiresAtMs = this.#clock.now().getTime() + seconds * 1000;
    this.#byKey.set(key, { caller: { account, arn, userId }, secret, token, expiresAtMs });
    return {
      AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
      Credentials: {
        AccessKeyId: key,
        SecretAccessKey: secret,
        SessionToken: token,
        Expiration: new Date(expiresAtMs).toISOString(),
      },
    };
  }
}

function expiredToken(protocol: AwsCall['protocol']): AwsError {
  const message = 'The security token included in the request is expired';
  switch (protocol) {
    case 'json':
      return new AwsError('ExpiredTokenException', message);
    case 'query':
      return new AwsError('ExpiredToken', message, { status: 403 });
    case 'ec2':
      return new AwsError('RequestExpired', 'Request has expired.');
  }
}

export const stsOperations: Operations = {
  'sts:GetCallerIdentity': (_input, _account, { call: { caller } }) => ({
    Arn: caller.arn,
    UserId: caller.userId,
    Account: caller.account,
  }),
  'sts:AssumeRole': (input, account, { call }) =>
    account.deps.sessions.assume(input, call.caller, account.deps.random),
};
