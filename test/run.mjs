/**
 * Everything that `npm test` checks, in order; the last line counts. Plain JavaScript: it runs before anything is built.
 * With PEAPOD_REQUIRE_DOCKER=1 a Docker part that cannot run is a failure instead of a skip.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../docker/setup/build.mjs';

const folder = mkdtempSync(join(tmpdir(), 'peapod-test-'));
let passed = 0;
let failed = 0;
let skipped = 0;

function step(name, command, args) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) passed += 1;
  else failed += 1;
}

/** What runs beside something else is shown when it has ended. */
async function vitest(name, projects, { isBeside = false } = {}) {
  const results = join(folder, `${projects.join('-')}.json`);
  const args = [
    'vitest',
    'run',
    ...projects.flatMap((it) => ['--project', it]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
  ];
  if (!isBeside) console.log(`\n== ${name}`);
  const child = spawn('npx', args, { stdio: ['ignore', isBeside ? 'pipe' : 'inherit', isBeside ? 'pipe' : 'inherit'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (it) => said.push(it));
  const [status] = await once(child, 'close');
  if (isBeside) console.log(`\n== ${name}\n${Buffer.concat(said)}`);
  try {
    const report = JSON.parse(readFileSync(results, 'utf8'));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    skipped += report.numPendingTests + report.numTodoTests;
    // A file that cannot even be loaded counts no tests, and a run may fail outside of one.
    if (report.numFailedTests === 0 && status !== 0) failed += Math.max(1, report.numFailedTestSuites);
  } catch (error) {
    console.error(`no report from ${name}: ${error}`);
    failed += 1;
  }
}

/** How many tests a project has, without running them. */
function countOf(project) {
  const { stdout } = spawnSync('npx', ['vitest', 'list', '--project', project, '--json'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return JSON.parse(stdout.slice(stdout.indexOf('['))).length;
}

const engine = spawnSync('node', ['docker/setup/engine.mjs'], { stdio: ['ignore', 'inherit', 'inherit'] });
const withDocker = engine.status === 0;
// Without it the tests that drive an old kubectl say so and are left out.
spawnSync('node', ['docker/setup/kubectl.mjs'], { stdio: ['ignore', 'inherit', 'inherit'] });
spawnSync('node', ['docker/setup/nftables.mjs'], { stdio: ['ignore', 'inherit', 'inherit'] });
// A fresh clone has neither packages nor dist/, which the end-to-end tests run as a user does.
await ensureBuilt();
step('types', 'npx', ['tsc', '-p', '.']);
step('lint', 'npx', ['biome', 'check', '.']);
await vitest('unit, store, contracts, integration', ['unit', 'store', 'integration']);
if (withDocker) {
  step('demo images', 'node', ['docker/setup/images.mjs']);
  await Promise.all([
    vitest('end to end on Docker', ['e2e']),
    vitest('end to end on Docker, what takes something that a machine has once', ['e2e-alone'], { isBeside: true }),
  ]);
  await vitest('end to end on Docker, streams at scale', ['e2e-at-scale']);
} else {
  const left = ['e2e', 'e2e-alone', 'e2e-at-scale'].map(countOf).reduce((a, b) => a + b);
  if (process.env.PEAPOD_REQUIRE_DOCKER === '1') failed += left;
  else skipped += left;
  console.error(`\n!! no Docker Engine can be had: ${left} end-to-end tests on real containers were NOT run`);
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
