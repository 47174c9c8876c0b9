import type { Random } from '../../kernel/random.ts';
import type { AccessKey } from '../../local/index.ts';

/**
 * The secrets of one `dev`: made at its start, printed to whoever started it, and worth nothing
 * anywhere else. Without them every user of this machine could have any command run as the one who
 * started it. They go to children by environment, as everybody can read a command line.
 */
export function newAccessKey(random: Random): AccessKey {
  return {
    accessKeyId: `AKIA${hexDigits(random).slice(0, 16).toUpperCase()}`,
    secretAccessKey: `${hexDigits(random)}${hexDigits(random)}`,
  };
}

/** `user:password`, as Prefect's auth string and `curl -u` take it. */
export function newAuthString(random: Random): string {
  return `dev:${hexDigits(random)}${hexDigits(random)}`;
}

/** 122 bits of chance in 32 digits. */
function hexDigits(random: Random): string {
  return random.uuid().replaceAll('-', '');
}
