import { defineConfig } from 'vitest/config';

const minutes = (count: number): number => count * 60_000;

export default defineConfig({
  // Node 20 knows neither `using` nor `await using`.
  oxc: { target: 'node20' },
  test: {
    // vitest leaves a core to itself, and has nothing to do with it.
    maxWorkers: '100%',
    projects: [
      // Properties compute: on a busy machine the slowest takes seconds.
      {
        extends: true,
        test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: minutes(1) },
      },
      {
        extends: true,
        test: { name: 'project', include: ['test/project/*.test.ts'], testTimeout: minutes(2) },
      },
      { extends: true, test: { name: 'vectors', include: ['test/vectors/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/contract/*.test.ts'],
          testTimeout: minutes(1),
          hookTimeout: minutes(1),
        },
      },
      {
        extends: true,
        test: {
          name: 'differential',
          include: ['test/differential/*.test.ts'],
          testTimeout: minutes(60), // 50,000 cases by hand; CI draws fewer
        },
      },
      {
        extends: true,
        test: {
          name: 'scenarios',
          include: ['test/scenarios/*.test.ts'],
          exclude: ['test/scenarios/interleavings*'],
          testTimeout: minutes(5),
        },
      },
      {
        extends: true,
        test: {
          name: 'interleavings',
          include: ['test/scenarios/interleavings*.test.ts'],
          testTimeout: minutes(600), // 100,000 plots by hand; CI draws fewer
        },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: ['test/end-to-end/*.test.ts'],
          globalSetup: ['test/end-to-end/prefect-server.setup.ts'],
          testTimeout: minutes(2),
          hookTimeout: minutes(2),
          fileParallelism: false, // two cores: what runs at once only makes the others late
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/core/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.test-support.ts'],
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
});
