/**
 * Questions to the Docker Engine before anything is installed: plain HTTP over the socket, or TCP with or without TLS.
 * DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH are honoured as the docker command does.
 */
import { readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The engine cannot be asked, or did not answer in time. */
export class NoAnswer extends Error {}

function target() {
  const host = process.env.DOCKER_HOST || 'unix:///var/run/docker.sock';
  if (host.startsWith('unix://')) return { request: plainRequest, options: { socketPath: host.slice('unix://'.length) } };
  if (host.startsWith('npipe://'))
    return { request: plainRequest, options: { socketPath: host.slice('npipe://'.length).replaceAll('/', '\\') } };
  if (!/^(tcp|https?):\/\//.test(host)) throw new NoAnswer(`DOCKER_HOST=${host} is no address this can talk to: unix://… or tcp://…`);
  const { protocol, hostname, port } = new URL(host);
  const secure = protocol === 'https:' || Boolean(process.env.DOCKER_TLS_VERIFY);
  if (!secure) return { request: plainRequest, options: { host: hostname, port: Number(port) || 2375 } };
  const folder = process.env.DOCKER_CERT_PATH || join(homedir(), '.docker');
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFileSync(join(folder, name)));
  return { request: tlsRequest, options: { host: hostname, port: Number(port) || 2376, ca, cert, key } };
}

/**
 * One request. Resolves with the status and the text of the answer, whatever they are.
 * `firstMs` bounds the wait for the answer's beginning, `idleMs` every silence after it; `onText` hears the parts as
 * they come; `body` is a stream or a text. Fails with NoAnswer.
 */
export function ask(method, path, { firstMs = 10_000, idleMs = 60_000, onText, body, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const { request, options } = target();
    let timer;
    const within = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => asked.destroy(new NoAnswer(`no answer within ${ms / 1_000} s`)), ms);
    };
    const fail = (error) => {
      clearTimeout(timer);
      reject(error instanceof NoAnswer ? error : new NoAnswer(error.message, { cause: error }));
    };
    const asked = request({ ...options, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      within(idleMs);
      response.on('data', (part) => {
        within(idleMs);
        text += part;
        onText?.(part);
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    within(firstMs);
    asked.on('error', fail);
    if (typeof body?.pipe === 'function') {
      body.on('error', (error) => asked.destroy(error));
      body.on('data', () => within(firstMs));
      body.pipe(asked);
    } else asked.end(body);
  });
}

/** Whether an engine answers. */
export async function engineAnswers() {
  try {
    return (await ask('GET', '/_ping', { firstMs: 3_000 })).status === 200;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  }
}

export async function hasImage(name) {
  const { status, text } = await ask('GET', `/images/${encodeURI(name)}/json`);
  if (status !== 200 && status !== 404) throw new Error(`the engine does not say whether it has ${name}: ${messageIn(text)}`);
  return status === 200;
}

/** What the engine says went wrong. */
export function messageIn(text) {
  try {
    return JSON.parse(text).message ?? text;
  } catch {
    return text.trim();
  }
}

/** `registry/some/name` and `tag` of an image's name, as the engine's API wants them. */
export function splitName(name) {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/')
    ? { repository: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { repository: name, tag: 'latest' };
}
