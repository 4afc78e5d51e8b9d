/** An image's full name: Docker Hub's registry and its `library/` are filled in. */
export type Reference = { registry: string; path: string; tag?: string; digest?: string };

const part = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const hostPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const registry = `(?:${hostPart}(?:\\.${hostPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const form = new RegExp(`^(${registry})/(${part}(?:/${part})*)(?::(\\w[\\w.-]{0,127}))?(?:@(${digest}))?$`);

/** Reads an image's name by distribution's grammar; what is none is told in its words. */
export function parseReference(name: string): Reference | { fault: string } {
  if (/^[a-f0-9]{64}$/.test(name)) return { fault: `invalid repository name (${name}), cannot specify 64-byte hexadecimal strings` };
  const { host, rest } = split(name);
  const path = rest.replace(/:.*/, '');
  if (path !== path.toLowerCase()) return { fault: `invalid reference format: repository name (${path}) must be lowercase` };
  const [, registryName, repository, tag, hash] = form.exec(`${host}/${rest}`) ?? [];
  if (registryName === undefined || repository === undefined) return { fault: 'invalid reference format' };
  if (repository.length > 255) return { fault: 'repository name must not be more than 255 characters' };
  return { registry: registryName, path: repository, ...(tag && { tag }), ...(hash && { digest: hash }) };
}

function split(name: string): { host: string; rest: string } {
  const at = name.indexOf('/');
  const first = name.slice(0, Math.max(at, 0));
  const isHost = at >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const host = !isHost || first === 'index.docker.io' ? 'docker.io' : first;
  const rest = isHost ? name.slice(at + 1) : name;
  return { host, rest: host === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest };
}
