export { ManualClock } from '../src/kernel/manual-clock.ts';
export { seededRandom } from '../src/kernel/random.ts';
export { LocalAws, ScriptExecutor } from '../src/local/index.ts';
