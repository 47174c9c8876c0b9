export { bundleSettings } from '../src/cli/render/bundle-settings.ts';
export { renderBundle } from '../src/render/bundle.ts';
export { parseHeavy } from '../src/kernel/heavy-json.ts';
export { nextTurn } from '../src/kernel/clock.ts';
