import { event, pod, podWith, testCause, waiting } from '../../../../test/fixtures/cli/facts.ts';
import { missingSource } from './missing-source.ts';

const config = (message: string) => ({ pods: [podWith(waiting('CreateContainerConfigError', message))] });
const mount = (message: string) => ({ pods: [podWith(waiting('ContainerCreating'))], events: [event(pod(), 'FailedMount', message)] });
testCause(missingSource, [
  ['nothing is missing', { pods: [podWith(waiting('ContainerCreating'))] }, undefined],
  ['no ConfigMap', config('configmap "settings" not found'), 'ConfigMap "settings" is not in namespace default'],
  ['no Secret', config('secret "tls" not found'), 'Secret "tls" is not in namespace default'],
  ['no key', config("couldn't find key color in ConfigMap default/settings"), 'cannot be made: key "color" is not in ConfigMap "settings"'],
  ['no key of a Secret', config("couldn't find key a.b in Secret default/tls"), 'key "a.b" is not in Secret "tls"'],
  ['something else', config('unsupported fieldPath: x'), 'cannot be made: unsupported fieldPath: x'],
  [
    'a volume',
    mount('MountVolume.SetUp failed for volume "keys" : secret "tls" not found'),
    'pod/web-1-a cannot start: volume keys cannot be mounted: Secret "tls" is not in namespace default',
  ],
  [
    'a key in a volume',
    mount('MountVolume.SetUp failed for volume "c" : references non-existent config key: a'),
    'key "a" is not in ConfigMap',
  ],
  [
    'another fault of a volume',
    mount('MountVolume.SetUp failed for volume "h" : hostPath type check failed: /x is not a directory'),
    '/x is not a directory',
  ],
  [
    'it was mounted since',
    { pods: [podWith({ state: { running: {} } })], events: [event(pod(), 'FailedMount', 'secret "tls" not found')] },
    undefined,
  ],
]);
