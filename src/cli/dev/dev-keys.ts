import type { Random } from '../../kernel/random.ts';
import type { AccessKey } from '../../local/index.ts';

/**
 * The secrets of one `dev`, created at its start and printed to its user. Without them, any user of
 * this machine could run commands as the user of `dev`. Children get them in the environment,
 * because every user can read command lines.
 */
export function newAccessKey(random: Random): AccessKey {
  return {
    accessKeyId: `AKIA${hexDigits(random).slice(0, 16).toUpperCase()}`,
    secretAccessKey: `${hexDigits(random)}${hexDigits(random)}`,
  };
}

/** `user:password`, the format of Prefect's auth string and of `curl -u`. */
export function newAuthString(random: Random): string {
  return `dev:${hexDigits(random)}${hexDigits(random)}`;
}

/** 32 digits with 122 random bits. */
function hexDigits(random: Random): string {
  return random.uuid().replaceAll('-', '');
}
