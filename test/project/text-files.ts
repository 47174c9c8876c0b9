import { execFileSync } from 'node:child_process';

/** Sources and pages that hold texts for people, by path from the root. */
export function textFiles(): readonly string[] {
  const tracked = execFileSync('git', ['ls-files', 'README.md', 'docs', 'src'], {
    encoding: 'utf8',
  }).split('\n');
  return tracked.filter((file) => /\.(?:md|ts)$/.test(file));
}
