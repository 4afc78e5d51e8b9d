import { defineConfig } from 'vitest/config';

const shared = { testTimeout: 20_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      // Pure parts and in-memory stand-ins: no engine, no sleeping.
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts'],
          exclude: ['src/store/embedded/**'],
          pool: 'threads',
          isolate: false,
        },
      },
      // lmdb is a native module with memory maps: a process of its own per file.
      { test: { ...shared, name: 'store', include: ['src/store/embedded/**/*.test.ts'], pool: 'forks', testTimeout: 120_000 } },
      // The whole API in process, contracts over lists of kinds, house rules.
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['test/{contracts,integration,rules}/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
        },
      },
      // Real containers on a real engine, one file at a time.
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          // The engine and eight kubectls share a small machine: what fails twice in a row is a fault.
          retry: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
