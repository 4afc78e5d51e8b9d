import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';

const annotation = 'kubectl.kubernetes.io/default-container';

/**
 * The container that is meant when none is named: the annotated one, or the first. Which one it is, is said where there
 * are several. Fails when there is none.
 */
export function chooseContainer(pod: core.Pod, tell: (text: string) => void): string {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const annotated = pod.metadata.annotations?.[annotation];
  const all = [...containers, ...initContainers, ...ephemeralContainers].map((it) => it.name);
  if (annotated !== undefined && all.includes(annotated)) return annotated;
  const [first] = containers;
  if (!first) throw new CommandError(`no containers found in pod ${pod.metadata.name}`);
  const named = [
    ...containers.map((it) => it.name),
    ...initContainers.map((it) => `${it.name} (init)`),
    ...ephemeralContainers.map((it) => `${it.name} (ephem)`),
  ];
  if (containers.length > 1 || named.length > 1) tell(`Defaulted container ${JSON.stringify(first.name)} out of: ${named.join(', ')}`);
  return first.name;
}
