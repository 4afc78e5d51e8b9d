import { type Clock, sleep } from '../../lib/clock.ts';
import { messageOf } from '../command.ts';
import type { Access } from '../kubeconfig/entries.ts';
import { exec } from './exec.ts';
import type { Question } from './questions.ts';

export type Answer = { question: Question; ok: boolean; text: string };

/** A demo is ready before the last part of the way to it may be; after this it counts as unanswered. */
const patience = 20_000;

/** Asks until the answer is as expected. */
export async function ask(question: Question, access: Access, clock: Clock): Promise<Answer> {
  const began = clock.now();
  for (;;) {
    const answer = await askOnce(question, access);
    if (answer.ok || clock.now() - began > patience) return answer;
    await sleep(clock, 300);
  }
}

async function askOnce(question: Question, access: Access): Promise<Answer> {
  try {
    const text = await textOf(question.ask, access);
    const found = question.expect.exec(text);
    return { question, ok: found !== null, text: found?.[1] ?? `not what was expected: ${firstLine(text)}` };
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    return { question, ok: false, text: cause instanceof Error ? `${messageOf(error)}: ${cause.message}` : messageOf(error) };
  }
}

async function textOf(it: Question['ask'], access: Access): Promise<string> {
  if (it.type === 'exec') {
    const { output, exitCode } = await exec(access, { namespace: 'default', pod: it.pod, container: it.container }, it.command);
    if (exitCode !== 0) throw new Error(`${it.command.join(' ')} ended with ${exitCode}: ${firstLine(output)}`);
    return output;
  }
  const headers = { connection: 'close', ...(it.login && { authorization: `Basic ${Buffer.from(it.login).toString('base64')}` }) };
  const response = await fetch(it.url, { headers, signal: AbortSignal.timeout(5_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${firstLine(text)}`);
  return `${[...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${text}`;
}

const firstLine = (text: string): string => text.trim().split('\n')[0]?.slice(0, 200) ?? '';

/** How a person would have asked. */
export const wordsOf = ({ ask: it }: Question): string =>
  it.type === 'http' ? `curl ${it.login ? `-u ${it.login} ` : ''}${it.url}` : `kubectl exec ${it.pod} -- ${it.command.join(' ')}`;
