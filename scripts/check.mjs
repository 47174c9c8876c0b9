// npm run check: types, lint, format, unused code and layering, so that reviewers need not look.
import { runChecks } from './lib/checks.mjs';
import { installPackages, main } from './lib/project.mjs';

await main(async () => {
  await installPackages();
  const failed = (await runChecks()).filter((result) => !result.passed);
  return failed.length === 0 ? 0 : 1;
});
