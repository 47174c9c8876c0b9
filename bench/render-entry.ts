export { bundleSettings } from '../src/cli/render/bundle-settings.ts';
export { renderBundle } from '../src/render/bundle.ts';
