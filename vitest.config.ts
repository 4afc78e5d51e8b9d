import { defineConfig } from 'vitest/config';

// Two at a time also on two cores, of which vitest would leave one to itself; it has little to do.
const shared = { testTimeout: 20_000, hookTimeout: 60_000, maxWorkers: 2 };

const endToEnd = {
  pool: 'forks' as const,
  // The engine and eight kubectls share a small machine: what fails twice in a row is a fault.
  retry: 1,
  testTimeout: 180_000,
  hookTimeout: 180_000,
};

/** Files that take what a machine has once: the ports a user's cluster has by default, port 8080, the user's own files. One of them at a time. */
const alone = ['cli', 'cli-like-kubectl', 'command-lines', 'demo', 'in-a-container', 'kubectl', 'primer', 'proxy', 'readme'].map(
  (it) => `test/e2e/${it}.test.ts`,
);
/** A hundred streams, of which kubectl wants to be answered within ten seconds: nothing may run beside. */
const atScale = ['test/e2e/streams-at-scale.test.ts'];

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
          // Modules hold no state: they are loaded once for all files, not a second's work for each.
          isolate: false,
          testTimeout: 60_000,
        },
      },
      // Real containers on a real engine. They wait more than they work, so two files run side by side; `npm test` runs
      // those of the next project beside them.
      {
        test: {
          ...endToEnd,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...alone, ...atScale],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...endToEnd, name: 'e2e-alone', include: alone, fileParallelism: false, sequence: { groupOrder: 2 } } },
      { test: { ...endToEnd, name: 'e2e-at-scale', include: atScale, fileParallelism: false, sequence: { groupOrder: 3 } } },
    ],
  },
});
