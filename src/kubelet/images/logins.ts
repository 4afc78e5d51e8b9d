import type { core } from '../../kinds/index.ts';
import type { RegistryLogin } from '../../runtime/index.ts';

type Entry = { username?: string; password?: string; auth?: string; identitytoken?: string };

const hub = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** Where an image comes from: `registry/path`, Docker Hub when it names none. */
export function placeOf(reference: string): string {
  const [first = '', ...rest] = reference.replace(/@.*$/, '').split('/');
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isRegistry ? [first, ...rest].join('/') : `docker.io/${reference}`;
}

/**
 * The logins that pull secrets hold for an image, the closest first. A server may be given with a scheme, a path, and
 * `*` for parts of its name, as in upstream's credential provider.
 */
export const loginsFor = (reference: string, secrets: readonly core.Secret[]): RegistryLogin[] =>
  loginsIn(reference, secrets.flatMap(contentsOf));

/** The same of configuration files of Docker: `auths` of the newer form, the whole of the older one. */
export function loginsIn(reference: string, contents: ReadonlyArray<{ auths: object }>): RegistryLogin[] {
  const place = placeOf(reference);
  return contents
    .flatMap(({ auths }) => Object.entries(auths))
    .filter((it): it is [string, Entry] => typeof it[1] === 'object' && it[1] !== null)
    .filter(([server]) => matches(server, place))
    .sort(([a], [b]) => b.length - a.length)
    .flatMap(([server, entry]) => {
      const [username = '', ...password] = entry.auth ? Buffer.from(entry.auth, 'base64').toString().split(':') : [];
      const login = { username: entry.username ?? username, password: entry.password ?? password.join(':'), server };
      if (entry.identitytoken) return [{ ...login, identityToken: entry.identitytoken }];
      return login.username === '' ? [] : [login];
    });
}

function matches(server: string, place: string): boolean {
  const [host = '', ...path] = server
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .split('/');
  const [placeHost = '', ...placePath] = place.split('/');
  const isHub = hub.includes(host) && hub.includes(placeHost);
  if (!isHub && !hostMatches(host, placeHost)) return false;
  // Docker Hub's server is written with the version of its API.
  const wanted = isHub ? path.filter((it) => !/^v\d$/.test(it)) : path.filter((it, i) => !(i === 0 && /^v\d$/.test(it)));
  return wanted.every((it, i) => placePath[i] === it);
}

function hostMatches(pattern: string, host: string): boolean {
  const [parts, wanted] = [host.split('.'), pattern.split('.')];
  if (parts.length !== wanted.length) return false;
  return wanted.every((it, i) => it === parts[i] || (it.includes('*') && fits(it, parts[i] as string)));
}

/** `*` stands for any letters within one part of a name. */
function fits(pattern: string, part: string): boolean {
  const pieces = pattern.split('*');
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)];
  if (!part.startsWith(first) || !part.endsWith(last) || part.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = part.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= part.length - last.length;
}

/** What is no login is left out: a broken secret must not keep a public image from being pulled. */
function contentsOf({ data = {} }: core.Secret): Array<{ auths: object }> {
  const read = (key: string): { [name: string]: unknown } => {
    try {
      const parsed: unknown = JSON.parse(Buffer.from(data[key] ?? '', 'base64').toString());
      return typeof parsed === 'object' && parsed !== null ? (parsed as { [name: string]: unknown }) : {};
    } catch {
      return {};
    }
  };
  const { auths } = read('.dockerconfigjson');
  return [{ auths: read('.dockercfg') }, ...(typeof auths === 'object' && auths !== null ? [{ auths }] : [])];
}
