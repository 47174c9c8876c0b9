export { systemClock } from '../src/kernel/clock.ts';
export { seededRandom } from '../src/kernel/random.ts';
export { LocalAws, LocalPrefect, ScriptExecutor } from '../src/local/index.ts';
