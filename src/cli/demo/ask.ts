import { service } from '../../kinds/index.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { messageOf } from '../command.ts';
import type { Access } from '../kubeconfig/entries.ts';
import type { Server } from '../server.ts';
import { exec } from './exec.ts';
import type { Question } from './questions.ts';

/** `asked` is how a person would have asked it. */
export type Answer = { asked: string; ok: boolean; text: string };

/** A demo is ready before the last part of the way to it may be; after this it counts as unanswered. */
const patience = 20_000;

/** Asks until the answer is as expected. */
export async function ask(question: Question, access: Access, server: Server, clock: Clock): Promise<Answer> {
  const began = clock.now();
  for (;;) {
    const answer = await askOnce(question, access, server);
    if (answer.ok || clock.now() - began > patience) return answer;
    await sleep(clock, 300);
  }
}

async function askOnce({ ask: it, expect }: Question, access: Access, server: Server): Promise<Answer> {
  let asked = it.type === 'balancer' ? `the address of ${it.service}` : '';
  try {
    let text: string;
    if (it.type === 'exec') {
      asked = `kubectl exec ${it.pod} -- ${it.command.join(' ')}`;
      text = await run(it, access);
    } else {
      const url = it.type === 'http' ? it.url : `http://${await addressOf(it.service, server)}:${it.port}${it.path}`;
      const login = it.type === 'http' ? it.login : undefined;
      asked = `curl ${login ? `-u ${login} ` : ''}${url}`;
      text = await get(url, login);
    }
    const found = expect.exec(text);
    return { asked, ok: found !== null, text: found?.[1] ?? `not what was expected: ${firstLine(text)}` };
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    return { asked, ok: false, text: cause instanceof Error ? `${messageOf(error)}: ${cause.message}` : messageOf(error) };
  }
}

async function run(it: Extract<Question['ask'], { type: 'exec' }>, access: Access): Promise<string> {
  const { output, exitCode } = await exec(access, { namespace: 'default', pod: it.pod, container: it.container }, it.command);
  if (exitCode !== 0) throw new Error(`${it.command.join(' ')} ended with ${exitCode}: ${firstLine(output)}`);
  return output;
}

/** Headers and body, as `curl -i` shows them. */
async function get(url: string, login: string | undefined): Promise<string> {
  const headers = { connection: 'close', ...(login && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }) };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${firstLine(text)}`);
  return `${[...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${text}`;
}

async function addressOf(name: string, { client }: Server): Promise<string> {
  const found = await client.get(service, { namespace: 'default', name });
  const ip = found?.status?.loadBalancer?.ingress?.[0]?.ip;
  if (ip === undefined) throw new Error(`Service ${name} has got no address of a load balancer`);
  return ip;
}

const firstLine = (text: string): string => text.trim().split('\n')[0]?.slice(0, 200) ?? '';
