#!/usr/bin/env node
/**
 * Makes sure of the demo images: taken from the engine if there, else pulled, else built from Debian packages under
 * the same names. One line per image says where it came from. A registry that does not answer is asked once.
 * Usage: node docker/setup/images.mjs [<recipe or image> …] [--quiet]    (--quiet: nothing about images that were there)
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage, recipes } from '../build-image.mjs';
import { missingTools } from './debian-root.mjs';
import { ask, engineAnswers, hasImage, messageIn, NoAnswer, splitName } from './engine-api.mjs';

/** A registry that cannot be reached, as against one that answers and does not have the image. */
class Unreachable extends Error {}

const unreachable =
  /no such host|dial tcp|i\/o timeout|TLS handshake|connection re(fused|set)|network is unreachable|proxyconnect|\bEOF$|Client\.Timeout|deadline exceeded|no answer within/i;

/** Where an image's name points to: `k8s.gcr.io/echoserver` is there, `redis` on Docker's own registry. */
function registryOf(name) {
  const first = name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
  return /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

/** Pulls an image as `docker pull` would. The registry has `patienceMs` to begin; after that only silence ends it. */
async function pull(name, patienceMs) {
  const { repository, tag } = splitName(name);
  let answer;
  try {
    answer = await ask('POST', `/images/create?${new URLSearchParams({ fromImage: repository, tag })}`, { firstMs: patienceMs });
  } catch (error) {
    if (error instanceof NoAnswer) throw new Unreachable(error.message);
    throw error;
  }
  // Trouble after the first byte is told in the last line of an answer that began with 200.
  const last = answer.text.trim().split('\n').at(-1) ?? '';
  const fault = answer.status === 200 ? (JSON.parse(last || '{}').error ?? '') : messageIn(answer.text);
  if (fault) throw unreachable.test(fault) ? new Unreachable(fault) : new Error(fault);
}

const seconds = (since) => `${((Date.now() - since) / 1_000).toFixed(1)} s`;

/** Tries to pull the images of one registry, one after the other. Adds to `reasons` why an image is still missing. */
async function pullFrom(registry, wanted, { patienceMs, say, reasons }) {
  let gone;
  for (const recipe of wanted) {
    const [name] = recipe.tags;
    const began = Date.now();
    try {
      if (gone) throw gone;
      await pull(name, patienceMs);
      say(`${name}: pulled in ${seconds(began)}`);
    } catch (error) {
      if (error instanceof Unreachable) gone = error;
      reasons.set(recipe, error instanceof Unreachable ? `${registry} cannot be reached` : error.message);
    }
  }
}

/**
 * Resolves with the names of images that are still missing (none, when all went well). `names` picks recipes by their
 * own name or by an image's; all, when there are none. `say` gets a line per image, `sayThere` those that were there.
 */
export async function ensureImages({ names = [], say = () => {}, sayThere = say } = {}) {
  const wanted = recipes().filter((it) => names.length === 0 || names.includes(it.name) || it.tags.some((tag) => names.includes(tag)));
  const there = await Promise.all(wanted.map((it) => hasImage(it.tags[0])));
  for (const [at, it] of wanted.entries()) if (there[at]) sayThere(`${it.tags[0]}: in the engine`);
  const absent = wanted.filter((_, at) => !there[at]);
  if (absent.length === 0) return [];

  // Where nothing can be built, a slow registry is better than none.
  const patienceMs = missingTools().length === 0 ? 5_000 : 60_000;
  const reasons = new Map(absent.filter((it) => it.local).map((it) => [it, 'no registry has it']));
  const registries = new Map();
  for (const it of absent.filter((each) => !each.local)) {
    const registry = registryOf(it.tags[0]);
    registries.set(registry, [...(registries.get(registry) ?? []), it]);
  }
  await Promise.all([...registries].map(([registry, some]) => pullFrom(registry, some, { patienceMs, say, reasons })));

  const missing = [];
  for (const recipe of absent.filter((it) => reasons.has(it))) {
    const [name] = recipe.tags;
    const began = Date.now();
    try {
      await buildImage(recipe);
      say(`${name}: built from Debian packages in ${seconds(began)} (${reasons.get(recipe)})`);
    } catch (error) {
      missing.push(name);
      say(`${name}: MISSING. Not pulled: ${reasons.get(recipe)}. Not built: ${error.message}`);
    }
  }
  return missing;
}

async function main(args) {
  const say = (text) => process.stdout.write(`${text}\n`);
  if (!(await engineAnswers())) {
    process.stderr.write('No Docker Engine answers: node docker/setup/engine.mjs\n');
    return 1;
  }
  const names = args.filter((it) => !it.startsWith('-'));
  const missing = await ensureImages({ names, say, ...(args.includes('--quiet') && { sayThere: () => {} }) });
  return missing.length === 0 ? 0 : 1;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
