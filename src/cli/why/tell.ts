import type { KubeObject } from '../../meta/types.ts';
import type { Requests } from '../connection/requests.ts';
import type { Io } from '../io.ts';
import { type Explanation, explain } from './explain.ts';
import type { Facts } from './facts.ts';
import { lastLines } from './gather.ts';
import { printExplanation } from './print.ts';

const logLines = 10;

/** Explains an object and prints it, with the last lines of what failed. */
export async function tellWhy(requests: Requests, facts: Facts, subject: KubeObject, io: Io): Promise<Explanation> {
  const explanation = explain(facts, subject);
  const place = explanation.findings[0]?.log;
  const log = place && (await lastLines(requests, place, logLines));
  for (const line of printExplanation({ explanation, now: facts.now, log }, io.isTerminal)) io.print(line);
  return explanation;
}
