import { event, object, pod, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { portTaken } from './port-taken.ts';

const text = 'node port 31000/TCP cannot be served on 127.0.0.1: it is in use by Service default/other';
const service = object<never>('Service', 'web', {
  spec: {},
  status: { conditions: [{ type: 'ports.peapod.dev/here', status: 'False', reason: 'PortNotAvailable', message: text }] },
});
const host = pod({ spec: { containers: [{ name: 'app', ports: [{ containerPort: 80, hostPort: 80 }] }] } });
testCause(portTaken, [
  ['a Service', { services: [service] }, `service/web does not get its port: on node here: ${text}`, service],
  [
    'a Service that has it',
    { services: [object<never>('Service', 'web', { spec: {} })] },
    undefined,
    object('Service', 'web', { spec: {} }),
  ],
  [
    'a host port',
    { pods: [host], events: [event(host, 'PortNotAvailable', 'host port 80/TCP cannot be served')] },
    'pod/web-1-a does not get its port: host port 80/TCP',
  ],
]);
