import type { KubeObject } from '../../meta/types.ts';
import { humanDuration } from '../grammar/duration.ts';
import type { Facts } from './facts.ts';
import { titleOf } from './facts.ts';
import { lineOf } from './owners.ts';

/** With a capital in front, unless it begins with an object's name, `pod/web`. */
export const capital = (text: string): string => (/^\S*\//.test(text) ? text : `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`);

/** `3m ago`. */
export const ago = (now: number, time: string | undefined): string =>
  time === undefined ? 'at some time' : `${humanDuration(Math.max(0, now - Date.parse(time)))} ago`;

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** One line, not too long: messages of engines and programs can be anything. */
export function oneLine(text: string, most = 400): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** A command about an object: `peapod describe pod/web -n shop`. */
export const commandFor = (verb: string, object: KubeObject, rest = ''): string =>
  `peapod ${verb} ${titleOf(object)}${rest ? ` ${rest}` : ''}${inNamespace(object.metadata.namespace)}`;

export const inNamespace = (namespace: string | undefined): string => (namespace && namespace !== 'default' ? ` -n ${namespace}` : '');

/** The object whose template is to be changed so that a pod becomes another. */
export const templateOwner = (facts: Facts, pod: KubeObject): KubeObject => lineOf(facts, pod)[0] ?? pod;

/** How to change what a pod is made from. Most of a Pod and of a Job cannot be changed while it is there. */
export function changeAdvice(owner: KubeObject, to: string): { command: string; to: string } {
  if (!['Pod', 'Job'].includes(owner.kind)) return { command: commandFor('edit', owner), to };
  const name = `${owner.metadata.name}.yaml`;
  return {
    command: `${commandFor('get', owner, '-o yaml')} > ${name} && vi ${name} && peapod replace --force -f ${name}`,
    to: `${to}: most of a ${owner.kind} cannot be changed while it is there`,
  };
}
