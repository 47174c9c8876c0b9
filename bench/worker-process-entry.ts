export { defaultBaseJobTemplate } from '../src/core/prefect/base-job-template.ts';
export { systemClock } from '../src/kernel/clock.ts';
export { seededRandom } from '../src/kernel/random.ts';
export { LocalAws, LocalPrefect, ScriptExecutor, serveOnLoopback } from '../src/local/index.ts';
