// Types, lint, format, unused code and layering: what a reviewer should not have to look for.
import { runChecks } from './lib/checks.mjs';
import { installPackages, main } from './lib/project.mjs';

await main(async () => {
  await installPackages();
  const failed = (await runChecks()).filter((result) => !result.passed);
  return failed.length === 0 ? 0 : 1;
});
