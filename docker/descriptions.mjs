/**
 * What `kubectl explain` says of kinds and fields: read at build time from the declarations of the package
 * kubernetes-types, since the facts file holds no prose. Newer fields than that package knows stay without a word.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const packageRoot = dirname(createRequire(import.meta.url).resolve('kubernetes-types/package.json'));
const comment = /^\s*\/\*\* (.*) \*\/$/;

/** By message, as the facts file names it (`core/v1.Pod`): under '' what it is, under each field's name what that is. */
export function readDescriptions() {
  const found = {};
  for (const folder of readdirSync(packageRoot, { withFileTypes: true }).filter((it) => it.isDirectory())) {
    for (const file of readdirSync(join(packageRoot, folder.name)).filter((it) => it.endsWith('.d.ts'))) {
      const prefix = `${folder.name}/${file.slice(0, -'.d.ts'.length)}`;
      readDeclarations(readFileSync(join(packageRoot, folder.name, file), 'utf8'), prefix, found);
    }
  }
  return found;
}

function readDeclarations(text, prefix, found) {
  let message;
  let said = '';
  for (const line of text.split('\n')) {
    const declared = /^export (?:interface|type) (\w+)/.exec(line)?.[1];
    const field = /^ {4}(?:readonly )?"?([\w$-]+)"?\??:/.exec(line)?.[1];
    if (declared) {
      message = `${prefix}.${declared}`;
      found[message] = said ? { '': said } : {};
    } else if (field && message && said) found[message][field] = said;
    said = comment.exec(line)?.[1] ?? '';
  }
}
