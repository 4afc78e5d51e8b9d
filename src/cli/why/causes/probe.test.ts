import { event, pod, podWith, testCause, waiting } from '../../../../test/fixtures/cli/facts.ts';
import { killingProbe, readinessProbe } from './probe.ts';

const probed = (probes: object) => ({ spec: { nodeName: 'here', containers: [{ name: 'app', ...probes }] } });
const http = { httpGet: { path: '/healthz', port: 8080 } };
const exec = { exec: { command: ['cat', '/ready'] } };
const unhealthy = (message: string) => [event(pod(), 'Unhealthy', message, 'app')];
testCause(killingProbe, [
  [
    'liveness',
    {
      pods: [podWith({ ...waiting('CrashLoopBackOff'), restartCount: 3 }, probed({ livenessProbe: http }))],
      events: unhealthy('Liveness probe failed: HTTP probe failed with statuscode: 404'),
    },
    'fails its liveness probe (http /healthz at port 8080), so it was started again 3 times: HTTP probe failed with statuscode: 404',
  ],
  [
    'startup',
    {
      pods: [podWith({ state: { running: {} } }, probed({ startupProbe: { tcpSocket: { port: 'web' } } }))],
      events: unhealthy('Startup probe failed: refused'),
    },
    'fails its startup probe (a connection to port web), so it will be started again: refused',
  ],
  [
    'only readiness fails',
    {
      pods: [podWith({ state: { running: {} } }, probed({ livenessProbe: http, readinessProbe: exec }))],
      events: unhealthy('Readiness probe failed: no'),
    },
    undefined,
  ],
  [
    'it is ready now',
    {
      pods: [podWith({ ready: true, state: { running: {} } }, probed({ livenessProbe: http }))],
      events: unhealthy('Liveness probe failed: 404'),
    },
    undefined,
  ],
]);
testCause(readinessProbe, [
  [
    'a command',
    {
      pods: [podWith({ state: { running: {} } }, probed({ readinessProbe: exec }))],
      events: unhealthy('Readiness probe failed: no such file'),
    },
    'fails its readiness probe (the command "cat /ready"), so it is not ready and gets no traffic: no such file',
  ],
  [
    'without an answer',
    { pods: [podWith({ state: { running: {} } }, probed({ readinessProbe: exec }))], events: unhealthy('Readiness probe failed: ') },
    'it answered nothing',
  ],
  ['not asked yet', { pods: [podWith({ state: { running: {} } }, probed({ readinessProbe: exec }))] }, undefined],
]);
