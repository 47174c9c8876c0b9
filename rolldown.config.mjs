// The published files: three entries, everything they use inside, nothing to install
// (docs/dependencies.md).
const common = {
  platform: 'node',
  // `main` first would take the AWS SDK's single-file builds, which cannot be shaken.
  resolve: { mainFields: ['module', 'main'] },
  transform: { target: 'node20.19' },
};

const output = (entry, banner) => ({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: `chunks/${entry}-[name]-[hash].js`,
  minify: true,
  ...(banner !== undefined && { banner: (chunk) => (chunk.isEntry ? banner : '') }),
});

export default [
  { ...common, input: { main: 'src/cli/main.ts' }, output: output('main', '#!/usr/bin/env node') },
  { ...common, input: { index: 'src/index.ts' }, output: output('index') },
  { ...common, input: { local: 'src/local/index.ts' }, output: output('local') },
];
