// npm run audit: known vulnerabilities of what we bundle and build with. Fails at severity high and
// above. Says plainly when nothing was checked, since not every registry answers this question;
// that is no failure of ours.
import { spawnSync } from 'node:child_process';
import { main, root } from './lib/project.mjs';

/**
 * All packages count: what the bundles hold are development dependencies here
 * (docs/dependencies.md).
 */
function audit() {
  const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], { cwd: root, encoding: 'utf8' });
  try {
    return JSON.parse(stdout);
  } catch {
    return { message: stderr.trim().split('\n')[0] ?? 'npm said nothing' };
  }
}

await main(() => {
  const { metadata, vulnerabilities, message, error } = audit();
  const counts = metadata?.vulnerabilities;
  if (counts === undefined) {
    process.stdout.write(
      `NOT CHECKED for known vulnerabilities: the registry does not answer \`npm audit\` (${message ?? error?.summary ?? 'no reason given'}).\n` +
        'Ask another one: npm run audit --registry=URL\n',
    );
    return 0;
  }
  const grave = Object.values(vulnerabilities).filter(({ severity }) =>
    ['high', 'critical'].includes(severity),
  );
  for (const { name, severity, via } of grave) {
    const causes = via.map((cause) =>
      typeof cause === 'string' ? cause : `${cause.title} in ${cause.range} (${cause.url})`,
    );
    process.stdout.write(`${severity}: ${name}: ${causes.join('; ')}\n`);
  }
  process.stdout.write(
    `Known vulnerabilities: ${counts.critical} critical, ${counts.high} high, ${counts.moderate} moderate, ${counts.low} low ` +
      `in ${metadata.dependencies.total} packages.\n`,
  );
  return grave.length === 0 ? 0 : 1;
});
