import { object, pod, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { endpoints, unreadyEndpoints } from './endpoints.ts';

const service = (port: object = { port: 80 }, rest: object = {}) =>
  object<never>('Service', 'web', { spec: { selector: { app: 'web' }, ports: [port], ...rest } });
const labelled = (app: string, ready = false) =>
  pod({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'app', ports: [{ name: 'web', containerPort: 80 }] }] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });
testCause(endpoints, [
  [
    'selects nothing',
    { services: [service()], pods: [labelled('wbe')] },
    'service/web has no endpoints: its selector app=web matches no pod in namespace default',
    service(),
  ],
  [
    'no such port',
    { services: [service({ port: 80, targetPort: 'http' })], pods: [labelled('web', true)] },
    'at port 80: its targetPort "http" is the name of no container port',
    service({ port: 80, targetPort: 'http' }),
  ],
  [
    'all fits',
    { services: [service({ port: 80, targetPort: 'web' })], pods: [labelled('web', true)] },
    undefined,
    service({ port: 80, targetPort: 'web' }),
  ],
  ['without a selector', { services: [service({ port: 80 }, { selector: {} })] }, undefined, object('Service', 'web', { spec: {} })],
]);
testCause(unreadyEndpoints, [
  ['not ready', { services: [service()], pods: [labelled('web')] }, 'service/web has no endpoints: its one pod is not ready', service()],
  ['ready', { services: [service()], pods: [labelled('web', true)] }, undefined, service()],
]);
