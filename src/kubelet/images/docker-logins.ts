import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { type Clock, seconds } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { RegistryLogin } from '../../runtime/index.ts';
import { messageOf } from '../faults.ts';
import { loginsIn, placeOf } from './logins.ts';

/** What a credential helper says to `get`: its output and exit code. */
export type CredentialHelper = (name: string, server: string) => Promise<{ code: number; output: string }>;

type DockerConfig = { auths?: object; credsStore?: string; credHelpers?: { [server: string]: string } };

/** Docker Hub's name in everything that keeps logins. */
const hubServer = 'https://index.docker.io/v1/';
const helperForm = /^[\w][\w.-]*$/;

/**
 * The logins of the user who runs this process: what `docker login` left in its configuration file, or with the
 * credential helpers that the file names. Read anew each time, so a login counts from the next pull on.
 */
export function dockerLogins(file: string, { log, ask }: { log: Log; ask: CredentialHelper }): (image: string) => Promise<RegistryLogin[]> {
  return async (image) => {
    const config = await readConfig(file, log);
    if (!config) return [];
    const [host = ''] = placeOf(image).split('/');
    const server = host === 'docker.io' ? hubServer : host;
    const helper = config.credHelpers?.[server] ?? config.credHelpers?.[host] ?? config.credsStore;
    const kept = helper ? await fromHelper(helper, server, ask, log) : undefined;
    return [...(kept ? [kept] : []), ...loginsIn(image, [{ auths: config.auths ?? {} }])];
  };
}

async function readConfig(file: string, log: Log): Promise<DockerConfig | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as DockerConfig) : undefined;
  } catch (error) {
    // Most people have none.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn('logins of docker cannot be read', { file, error: messageOf(error) });
    return undefined;
  }
}

async function fromHelper(helper: string, server: string, ask: CredentialHelper, log: Log): Promise<RegistryLogin | undefined> {
  if (!helperForm.test(helper)) {
    log.warn('docker-credential helper has no name that could be one', { helper });
    return undefined;
  }
  try {
    const { code, output } = await ask(helper, server);
    // It has none for this server; or says on its output what ails it.
    if (code !== 0) {
      if (!/credentials not found/i.test(output))
        log.warn('a docker-credential helper failed', { helper, code, output: output.slice(0, 200) });
      return undefined;
    }
    const { Username: username = '', Secret: password = '' } = JSON.parse(output) as { Username?: string; Secret?: string };
    if (username === '<token>') return { username: '', password: '', server, identityToken: password };
    return username === '' ? undefined : { username, password, server };
  } catch (error) {
    log.warn('a docker-credential helper cannot be asked', { helper, error: messageOf(error) });
    return undefined;
  }
}

/** Runs `docker-credential-<name> get` (docker-credential-helpers' protocol); one that hangs is given up. */
export const credentialHelper =
  (clock: Clock): CredentialHelper =>
  (name, server) =>
    new Promise((resolve, reject) => {
      const child = spawn(`docker-credential-${name}`, ['get'], { stdio: ['pipe', 'pipe', 'ignore'] });
      const output: string[] = [];
      const cancel = clock.schedule(seconds(10), () => child.kill('SIGKILL'));
      child.stdout.setEncoding('utf8').on('data', (it: string) => output.push(it));
      child.once('error', (error) => {
        cancel();
        reject(error);
      });
      child.once('close', (code) => {
        cancel();
        resolve({ code: code ?? -1, output: output.join('') });
      });
      // One that ends before it has read its input.
      child.stdin.on('error', () => {});
      child.stdin.end(server);
    });
