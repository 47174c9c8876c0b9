// npm run audit: looks for known vulnerabilities in bundled and build packages. Fails at severity
// high and above. Some registries do not support audits; then it prints NOT CHECKED and passes.
import { spawnSync } from 'node:child_process';
import { main, root } from './lib/project.mjs';

/** Checks development dependencies, too, since bundled packages are such (docs/dependencies.md). */
function audit() {
  const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], { cwd: root, encoding: 'utf8' });
  try {
    return JSON.parse(stdout);
  } catch {
    return { message: stderr.trim().split('\n')[0] ?? 'npm printed no reason' };
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
