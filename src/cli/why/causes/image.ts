import { containersIn, nameOf, type Seen } from '../containers.ts';
import { eventsOf } from '../events.ts';
import type { Cause, Finding } from '../finding.ts';
import type { Scope } from '../scope.ts';
import { commandFor, oneLine, templateOwner } from '../words.ts';
import { writerOf } from '../managed-fields.ts';

const reasons = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'SignatureValidationFailed',
  'ImageInspectError',
];

/** No pull will change these. */
const certain = ['InvalidImageName', 'ErrImageNeverPull'];

/** The image of a container is not to be had. */
export const image: Cause = {
  name: 'image',
  find: (scope) =>
    scope.pods.flatMap(containersIn).flatMap((it) => {
      const waiting = it.status?.state?.waiting;
      return waiting && reasons.includes(waiting.reason ?? '') ? [findingOf(scope, it, waiting.reason ?? '', waiting.message ?? '')] : [];
    }),
};

function findingOf(scope: Scope, seen: Seen, reason: string, message: string): Finding {
  const { pod, container } = seen;
  const named = container.image ?? '';
  const owner = templateOwner(scope.facts, pod);
  const writer = writerOf(owner, ['containers', `name=${container.name}`, 'image']);
  return {
    says: `${nameOf(seen)} has no image: ${wordsOf(reason, named, message)}`,
    about: pod,
    container: container.name,
    notes: writer ? [`the image was set by ${writer.manager} on ${owner.kind?.toLowerCase()}/${owner.metadata.name}`] : [],
    evidence: eventsOf(scope.facts, pod, { container: container.name, reasons: ['Pulling', 'Failed', 'InspectFailed', 'MirrorFailed'] }),
    advice: [
      ...(owner === pod
        ? [{ command: commandFor('edit', pod), to: 'correct the name of the image' }]
        : [{ command: commandFor('set image', owner, `${container.name}=<image>`), to: 'name an image that exists' }]),
      ...(reason === 'InvalidImageName'
        ? []
        : [{ command: `docker pull ${named}`, to: 'see what the registry answers; an image built here needs no registry' }]),
      ...(/denied|unauthorized|authentication/i.test(message)
        ? [{ command: 'docker login <registry>', to: 'log in, when the image is private (or set imagePullSecrets)' }]
        : []),
    ],
    // One more pull than the first, which may have failed by chance: the kubelet waits ten seconds for it.
    patience: certain.includes(reason) ? 0 : reason === 'RegistryUnavailable' ? 30_000 : 13_000,
  };
}

function wordsOf(reason: string, named: string, message: string): string {
  const quoted = JSON.stringify(named);
  if (reason === 'InvalidImageName') return `${quoted} is no valid image name (${parseFault(message)})`;
  if (reason === 'ErrImageNeverPull') return `${quoted} is not on this machine, and its pull policy is Never`;
  return `${quoted} cannot be pulled: ${oneLine(engineWords(message)) || 'the engine did not say why'}`;
}

/** The engine's own words, without what stands before them at a back-off. */
const engineWords = (message: string): string => message.replace(/^Back-off pulling image "[^"]*": (?:\w+: )?/, '');
const parseFault = (message: string): string => oneLine(message.replace(/^.*couldn't parse image name "[^"]*": /s, ''));
