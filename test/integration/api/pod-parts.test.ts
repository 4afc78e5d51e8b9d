import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
const pods = '/api/v1/namespaces/default/pods';
const strategic = 'application/strategic-merge-patch+json';

beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
  const account = { metadata: { name: 'default' } };
  await api.post('/api/v1/namespaces/default/serviceaccounts').send(account).expect(201);
});
afterAll(() => server.close());

const resources = (cpu: string, memory: string, limits?: object) => ({ requests: { cpu, memory }, ...(limits && { limits }) });
const app = (more: object = {}) => ({ name: 'app', image: 'web:1', ...more });
const make = async (name: string, spec: object, metadata: object = {}): Promise<Json> =>
  (
    await api
      .post(pods)
      .send({ metadata: { name, ...metadata }, spec: { containers: [app()], ...spec } })
      .expect(201)
  ).body;
const patch = (name: string, part: string, spec: object): Promise<Json> =>
  api.patch(`${pods}/${name}/${part}`).type(strategic).send(JSON.stringify({ spec }));
const causes = (body: Json): string[] => (body.details?.causes ?? []).map((it: Json) => `${it.field}: ${it.message}`);

test('are listed where clients look what there is', async () => {
  const { body } = await api.get('/api/v1').expect(200);
  for (const part of ['pods/ephemeralcontainers', 'pods/resize'])
    expect(body.resources.find((it: Json) => it.name === part)).toMatchObject({ kind: 'Pod', verbs: ['get', 'patch', 'update'] });
});

describe('ephemeral containers', () => {
  test('are added by a patch, and by a whole object of which nothing else counts', async () => {
    const made = await make('one', {});
    expect(made.metadata.generation).toBe(1);
    const { body, status } = await patch('one', 'ephemeralcontainers', {
      ephemeralContainers: [{ name: 'look', image: 'busybox:1.36', targetContainerName: 'app', stdin: true, tty: true }],
    });
    expect([status, body.metadata.generation, body.spec.ephemeralContainers]).toEqual([
      200,
      2,
      [
        {
          ...{ name: 'look', image: 'busybox:1.36', targetContainerName: 'app', stdin: true, tty: true, resources: {} },
          ...{ terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', imagePullPolicy: 'IfNotPresent' },
        },
      ],
    ]);
    const whole = (await api.get(`${pods}/one/ephemeralcontainers`).expect(200)).body;
    whole.metadata.labels = { not: 'this' };
    whole.spec.nodeName = 'nor-this';
    whole.status.phase = 'Failed';
    whole.spec.ephemeralContainers.push({ name: 'again', image: 'busybox:1.36' });
    const put = (await api.put(`${pods}/one/ephemeralcontainers`).send(whole).expect(200)).body;
    expect(put.spec.ephemeralContainers.map((it: Json) => it.name)).toEqual(['look', 'again']);
    expect([put.metadata.labels, put.spec.nodeName, put.status.phase]).toEqual([undefined, undefined, 'Pending']);
    expect(put.metadata.managedFields.at(-1).subresource).toBe('ephemeralcontainers');
  });

  test('come no other way, and neither change nor go', async () => {
    const refused = await api
      .post(pods)
      .send({ metadata: { name: 'early' }, spec: { containers: [app()], ephemeralContainers: [{ name: 'e', image: 'i' }] } })
      .expect(422);
    expect(causes(refused.body)).toEqual(['spec.ephemeralContainers: Forbidden: cannot be set on create']);
    await make('two', {});
    await patch('two', 'ephemeralcontainers', { ephemeralContainers: [{ name: 'e', image: 'i' }] });
    const changed = await patch('two', 'ephemeralcontainers', { ephemeralContainers: [{ name: 'e', image: 'other' }] });
    expect([changed.status, causes(changed.body)]).toEqual([
      422,
      ['spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be changed\n'],
    ]);
    const whole = (await api.get(`${pods}/two`).expect(200)).body;
    const without = { ...whole, spec: { ...whole.spec, ephemeralContainers: [] } };
    const gone = await api.put(`${pods}/two/ephemeralcontainers`).send(without).expect(422);
    expect(causes(gone.body)).toEqual(['spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be removed\n']);
    await api.put(`${pods}/two`).send(without).expect(422);
  });

  const only = 'cannot be set for an Ephemeral Container';
  const refusals: Array<[what: string, container: object, fault: string]> = [
    ['a name that is taken', { name: 'app' }, 'spec.ephemeralContainers[0].name: Duplicate value: "app"'],
    ['no image', { image: undefined }, 'spec.ephemeralContainers[0].image: Required value'],
    ['a target that is not there', { targetContainerName: 'web' }, 'spec.ephemeralContainers[0].targetContainerName: Not found: "web"'],
    ['ports', { ports: [{ containerPort: 80 }] }, `spec.ephemeralContainers[0].ports: Forbidden: ${only}`],
    ['resources', { resources: { requests: { cpu: '1' } } }, `spec.ephemeralContainers[0].resources: Forbidden: ${only}`],
    ['a probe', { livenessProbe: { tcpSocket: { port: 80 } } }, `spec.ephemeralContainers[0].livenessProbe: Forbidden: ${only}`],
    ['hooks', { lifecycle: { preStop: { exec: { command: ['x'] } } } }, `spec.ephemeralContainers[0].lifecycle: Forbidden: ${only}`],
    [
      'a path in a volume',
      { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'in' }] },
      `spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: ${only}`,
    ],
  ];
  test.each(refusals)('with %s are refused', async (_, container, fault) => {
    await api.delete(`${pods}/plain`);
    await make('plain', { volumes: [{ name: 'v', emptyDir: {} }] });
    const { body, status } = await patch('plain', 'ephemeralcontainers', {
      ephemeralContainers: [{ name: 'e', image: 'i', ...container }],
    });
    expect([status, causes(body)]).toEqual([422, [fault]]);
  });

  test('are not for pods that stand for a file on their node', async () => {
    await make('mirror', { nodeName: 'n1' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } });
    const { body } = await patch('mirror', 'ephemeralcontainers', { ephemeralContainers: [{ name: 'e', image: 'i' }] });
    expect(body.message).toContain('static pods do not support ephemeral containers');
  });
});

describe('a resize', () => {
  const burstable = { containers: [app({ resources: resources('100m', '64Mi', { cpu: '200m', memory: '128Mi' }) })] };

  test('changes CPU and memory and nothing else', async () => {
    await make('grow', burstable);
    const whole = (await api.get(`${pods}/grow/resize`).expect(200)).body;
    whole.spec.containers[0].image = 'other';
    whole.spec.activeDeadlineSeconds = 5;
    whole.spec.containers[0].resources = resources('150m', '32Mi', { cpu: '1', memory: '64Mi' });
    const put = (await api.put(`${pods}/grow/resize`).send(whole).expect(200)).body;
    expect(put.spec.containers[0]).toMatchObject({ image: 'web:1', resources: resources('150m', '32Mi', { cpu: '1', memory: '64Mi' }) });
    expect([put.spec.activeDeadlineSeconds, put.metadata.generation]).toEqual([undefined, 2]);
    expect(put.metadata.managedFields.at(-1).subresource).toBe('resize');
  });

  test('is not for the main route', async () => {
    await make('main', burstable);
    await api
      .patch(`${pods}/main`)
      .type(strategic)
      .send(JSON.stringify({ spec: { containers: [{ name: 'app', resources: resources('150m', '64Mi') }] } }))
      .expect(422);
  });

  const sidecar = { name: 'side', image: 'i', restartPolicy: 'Always', resources: resources('10m', '8Mi') };
  const init = { name: 'init', image: 'i', resources: resources('10m', '8Mi') };
  const cases: Array<[what: string, spec: object, change: object, fault: string | undefined]> = [
    [
      'an added limit',
      { containers: [app({ resources: resources('1m', '1Mi') })] },
      { containers: [{ name: 'app', resources: { limits: { cpu: '2' } } }] },
      undefined,
    ],
    [
      'a sidecar',
      { initContainers: [sidecar] },
      { initContainers: [{ name: 'side', resources: { requests: { cpu: '20m' } } }] },
      undefined,
    ],
    [
      'an init container',
      { initContainers: [init] },
      { initContainers: [{ name: 'init', resources: { requests: { cpu: '20m' } } }] },
      'spec: Forbidden: resources for non-sidecar init containers are immutable',
    ],
    [
      'a request taken away',
      { containers: [app({ resources: resources('100m', '64Mi') })] },
      { containers: [{ name: 'app', resources: { requests: { cpu: null } } }] },
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    ],
    [
      'a limit taken away',
      burstable,
      { containers: [{ name: 'app', resources: { limits: { cpu: null } } }] },
      'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
    ],
    [
      'another quality of service',
      burstable,
      { containers: [{ name: 'app', resources: { requests: { cpu: '200m', memory: '128Mi' } } }] },
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    ],
    [
      'more than the limit',
      burstable,
      { containers: [{ name: 'app', resources: { requests: { cpu: '1' } } }] },
      'spec.containers[0].resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 200m',
    ],
    [
      'other resources',
      burstable,
      { containers: [{ name: 'app', resources: { requests: { 'ephemeral-storage': '1Gi' } } }] },
      'spec: Forbidden: only cpu and memory resources are mutable',
    ],
    [
      'another container',
      burstable,
      { containers: [{ name: 'more', image: 'i' }] },
      'spec: Forbidden: only cpu and memory resources are mutable',
    ],
    [
      'a pod as a whole',
      { resources: resources('100m', '64Mi', { cpu: '1', memory: '64Mi' }) },
      { resources: { requests: { cpu: '200m' }, limits: { cpu: '2', memory: '32Mi' } } },
      'spec.resources.requests: Invalid value: "64Mi": must be less than or equal to memory limit of 32Mi',
    ],
    [
      'a pod as a whole, of which a limit is taken away',
      { resources: resources('100m', '64Mi', { cpu: '1' }) },
      { resources: { requests: { cpu: '200m' }, limits: { cpu: null } } },
      'spec.resources.limits: Forbidden: resource limits cannot be removed',
    ],
    ['a pod as a whole, to more', { resources: resources('100m', '64Mi') }, { resources: { requests: { cpu: '200m' } } }, undefined],
    [
      'a pod of another system',
      { ...burstable, os: { name: 'windows' } },
      { containers: [{ name: 'app', resources: { requests: { cpu: '150m' } } }] },
      ': Forbidden: windows pods cannot be resized',
    ],
  ];
  test.each(cases)('of %s', async (_, spec, change, fault) => {
    await api.delete(`${pods}/it`);
    await make('it', spec);
    const { body, status } = await patch('it', 'resize', change);
    expect([status, causes(body)]).toEqual(fault ? [422, [fault]] : [200, []]);
  });

  test('is counted by quotas, and has to keep within limit ranges', async () => {
    const make = (kind: string, name: string, spec: object) =>
      api.post(`/api/v1/namespaces/tight/${kind}`).send({ metadata: { name }, spec }).expect(201);
    await api
      .post('/api/v1/namespaces')
      .send({ metadata: { name: 'tight' } })
      .expect(201);
    await api
      .post('/api/v1/namespaces/tight/serviceaccounts')
      .send({ metadata: { name: 'default' } })
      .expect(201);
    await make('resourcequotas', 'q', { hard: { 'requests.cpu': '500m' } });
    await make('limitranges', 'r', { limits: [{ type: 'Container', max: { cpu: '450m' } }] });
    await make('pods', 'p', { containers: [app({ resources: { requests: { cpu: '100m' }, limits: { cpu: '400m' } } })] });
    const resized = async (cpu: string, limit = '400m'): Promise<Json> =>
      (
        await api
          .patch('/api/v1/namespaces/tight/pods/p/resize')
          .type(strategic)
          .send(JSON.stringify({ spec: { containers: [{ name: 'app', resources: { requests: { cpu }, limits: { cpu: limit } } }] } }))
      ).body;
    expect((await resized('300m')).metadata.generation).toBe(2);
    expect((await resized('300m', '460m')).message).toMatch(/maximum cpu usage per Container is 450m, but limit is 460m/);
    await make('pods', 'other', { containers: [app({ resources: { requests: { cpu: '150m' }, limits: { cpu: '400m' } } })] });
    expect((await resized('400m')).message).toMatch(
      /exceeded quota: q, requested: requests.cpu=100m, used: requests.cpu=450m, limited: requests.cpu=500m/,
    );
  });
});

const policies: Array<[restartPolicy: string, policies: object[], fault: string | undefined]> = [
  ['Always', [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }], undefined],
  ['Always', [{ resourceName: 'disk', restartPolicy: 'NotRequired' }], 'Unsupported value: "disk": supported values: "cpu", "memory"'],
  [
    'Always',
    [{ resourceName: 'cpu', restartPolicy: 'Perhaps' }],
    'Unsupported value: "Perhaps": supported values: "NotRequired", "RestartContainer"',
  ],
  [
    'Never',
    [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
    "Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'",
  ],
];
test.each(policies)('a pod that restarts %s may say how it is resized: %j', async (restartPolicy, resizePolicy, fault) => {
  await api.delete(`${pods}/policy`);
  const { body } = await api
    .post(pods)
    .send({ metadata: { name: 'policy' }, spec: { restartPolicy, containers: [app({ resizePolicy })] } });
  expect(causes(body)).toEqual(fault ? [`spec.containers[0].resizePolicy: ${fault}`] : []);
});

const hooks: Array<[what: string, spec: object, lifecycle: object, fault: string | undefined]> = [
  ['sleep of no time', {}, { preStop: { sleep: { seconds: 0 } } }, undefined],
  [
    'sleep beyond the grace',
    { terminationGracePeriodSeconds: 5 },
    { preStop: { sleep: { seconds: 6 } } },
    '.preStop.sleep: Invalid value: 6: must be non-negative and less than terminationGracePeriodSeconds (5)',
  ],
  ['a stop signal', { os: { name: 'linux' } }, { stopSignal: 'SIGUSR1' }, undefined],
  [
    'a stop signal of no system',
    {},
    { stopSignal: 'SIGUSR1' },
    '.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`',
  ],
];
test.each(hooks)('the life of a container: %s', async (_, spec, lifecycle, fault) => {
  await api.delete(`${pods}/life`);
  const { body } = await api.post(pods).send({ metadata: { name: 'life' }, spec: { ...spec, containers: [app({ lifecycle })] } });
  expect(causes(body)).toEqual(fault ? [`spec.containers[0].lifecycle${fault}`] : []);
});

test('a status written by who does not know of generations keeps them', async () => {
  await make('generations', {});
  const conditions = (observedGeneration?: number): object[] => [
    { type: 'Ready', status: 'True', ...(observedGeneration && { observedGeneration }) },
  ];
  const write = async (status: object): Promise<Json> =>
    (
      await api
        .put(`${pods}/generations/status`)
        .send({ ...(await api.get(`${pods}/generations`)).body, status })
        .expect(200)
    ).body.status;
  await write({ phase: 'Running', observedGeneration: 1, conditions: conditions(1) });
  const kept = await write({ phase: 'Running', conditions: conditions() });
  expect([kept.observedGeneration, kept.conditions[0].observedGeneration, kept.qosClass]).toEqual([1, 1, 'BestEffort']);
});
