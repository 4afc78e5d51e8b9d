import { describe, expect, test } from 'vitest';
import { applyConfiguration } from './apply.ts';
import { conflictError } from './conflict.ts';
import { pathsOf } from './field-set.ts';
import { faultsOf, pathByKeys } from './faults.ts';
import { entriesOf, type Manager } from './managers.ts';
import type { Json } from './record.ts';
import { pathText } from './step.ts';
import { structureOf } from './structure.ts';
import { trackUpdate } from './track.ts';
import type { Versions } from './versions.ts';

/** An object with its managers, changed step by step; each step takes a second. */
class Owned {
  object: Json = {};
  managers: readonly Manager[] = [];
  #second = 0;
  readonly #apiVersion: string;
  readonly #versions: Versions;

  constructor(message: string, apiVersion: string) {
    this.#apiVersion = apiVersion;
    this.#versions = {
      structure: (version) => (version === apiVersion ? structureOf(message) : undefined),
      convert: (object) => object,
    };
  }

  #time(): string {
    this.#second += 1;
    return `2026-01-01T00:00:${String(this.#second).padStart(2, '0')}Z`;
  }

  update(manager: string, now: Json): this {
    const by = { manager, operation: 'Update' as const, apiVersion: this.#apiVersion };
    const [was, managers, time, versions] = [this.object, this.managers, this.#time(), this.#versions];
    this.managers = trackUpdate({ was, now, managers, by, time, versions });
    this.object = now;
    return this;
  }

  /** The message of what stands against it; undefined when it went well. */
  apply(manager: string, config: Json, options: { force?: boolean; lastApplied?: Json } = {}): string | undefined {
    const by = { manager, operation: 'Apply' as const, apiVersion: this.#apiVersion };
    const [live, managers, time, versions] = [this.object, this.managers, this.#time(), this.#versions];
    const done = applyConfiguration({ live, config, managers, by, time, versions, force: false, ...options });
    if (done.conflicts) return conflictError(done.conflicts).message;
    this.object = done.object;
    this.managers = done.managers;
    return undefined;
  }

  /** The paths each manager owns. */
  get owned(): Record<string, string[]> {
    return Object.fromEntries(this.managers.map((it) => [it.manager, pathsOf(it.fields).map(pathText).sort()]));
  }
  timeOf(manager: string): string | undefined {
    return this.managers.find((it) => it.manager === manager)?.time;
  }
}

const configMap = (): Owned => new Owned('core/v1.ConfigMap', 'v1');
const deployment = (): Owned => new Owned('apps/v1.Deployment', 'apps/v1');
const service = (): Owned => new Owned('core/v1.Service', 'v1');
const pod = (): Owned => new Owned('core/v1.Pod', 'v1');
const inPod = (containers: Json[], more: Json = {}): Json => ({ spec: { containers, ...more } });

describe('fields of their own', () => {
  test('what is applied is owned, and what is not applied again goes', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1', b: '2' } });
    expect(it.owned).toEqual({ one: ['.data.a', '.data.b'] });
    it.apply('one', { data: { a: '1' } });
    expect(it.object).toEqual({ data: { a: '1' } });
    expect(it.owned).toEqual({ one: ['.data.a'] });
  });

  test('with its last entry a map goes', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1' }, metadata: { labels: { x: 'y' } } });
    it.apply('one', { data: { a: '1' } });
    expect(it.object).toEqual({ data: { a: '1' } });
  });

  test('metadata that is nobody’s stays when all labels go', () => {
    const it = configMap();
    it.apply('one', { metadata: { name: 'x', labels: { a: '1' } } });
    it.object = { metadata: { name: 'x', uid: 'u', labels: { a: '1' } } };
    it.apply('one', { metadata: { name: 'x' } });
    expect(it.object).toEqual({ metadata: { name: 'x', uid: 'u' } });
  });

  test('whoever applies nothing owns nothing', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1' } });
    it.apply('two', { data: { b: '1' } });
    it.apply('one', {});
    expect(it.object).toEqual({ data: { b: '1' } });
    expect(it.owned).toEqual({ two: ['.data.b'] });
  });

  test('what another applier owns too stays until both let go', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1' } });
    it.apply('two', { data: { a: '1' } });
    expect(it.owned).toEqual({ one: ['.data.a'], two: ['.data.a'] });
    it.apply('one', {});
    expect(it.object).toEqual({ data: { a: '1' } });
    it.apply('two', {});
    expect(it.object).toEqual({});
  });

  test('what nobody owns stays', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1', b: '1' } });
    it.object = { data: { a: '1', b: '1', byServer: 'x' } };
    it.apply('one', { data: { b: '1' } });
    expect(it.object).toEqual({ data: { b: '1', byServer: 'x' } });
  });

  test('giving up replicas that an autoscaler has set leaves them to it', () => {
    const it = deployment();
    it.apply('me', { spec: { replicas: 3, paused: true } });
    it.update('autoscaler', { spec: { replicas: 5, paused: true } });
    expect(it.owned).toEqual({ me: ['.spec.paused'], autoscaler: ['.spec.replicas'] });
    expect(it.apply('me', { spec: { replicas: 3, paused: true } })).toBe(
      'Apply failed with 1 conflict: conflict with "autoscaler" using apps/v1: .spec.replicas',
    );
    expect(it.apply('me', { spec: { paused: true } })).toBeUndefined();
    expect(it.object).toEqual({ spec: { replicas: 5, paused: true } });
  });
});

describe('conflicts', () => {
  test('another value is one, by path; the same value is none', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1', b: '2' } });
    expect(it.apply('two', { data: { a: '1', b: '3' } })).toBe('Apply failed with 1 conflict: conflict with "one": .data.b');
    expect(it.object).toEqual({ data: { a: '1', b: '2' } });
    expect(it.apply('two', { data: { a: '1' } })).toBeUndefined();
  });

  test('several are listed by manager', () => {
    const it = configMap();
    it.apply('b', { data: { x: '1' } });
    it.update('a', { data: { x: '1', y: '1', z: '1' } });
    expect(it.apply('me', { data: { x: '2', y: '2', z: '2' } })).toBe(
      'Apply failed with 3 conflicts: conflicts with "a" using v1:\n- .data.y\n- .data.z\nconflicts with "b":\n- .data.x',
    );
  });

  test('force takes over', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1', b: '1' } });
    expect(it.apply('two', { data: { a: '2' } }, { force: true })).toBeUndefined();
    expect(it.object).toEqual({ data: { a: '2', b: '1' } });
    expect(it.owned).toEqual({ one: ['.data.b'], two: ['.data.a'] });
  });

  test('an update takes over without asking', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1' } });
    it.update('edit', { data: { a: '2' } });
    expect(it.owned).toEqual({ edit: ['.data.a'] });
  });

  test('a status is told with its subresource', () => {
    const fields = { 'f:status': { 'f:phase': {} } };
    const manager: Manager = { manager: 'kubelet', operation: 'Update', apiVersion: 'v1', subresource: 'status', fields };
    expect(conflictError([{ manager, fields }])).toMatchObject({
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "kubelet" with subresource "status" using v1: .status.phase',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.status.phase' }] },
    });
  });
});

describe('lists', () => {
  test('items with keys are owned one by one, in the order of who applies', () => {
    const it = pod();
    it.apply('one', inPod([{ name: 'a', image: '1' }]));
    it.apply(
      'two',
      inPod([
        { name: 'b', image: '1' },
        { name: 'a', tty: true },
      ]),
    );
    expect(it.object).toEqual(
      inPod([
        { name: 'b', image: '1' },
        { name: 'a', image: '1', tty: true },
      ]),
    );
    expect(it.owned).toEqual({
      one: ['.spec.containers[name="a"]', '.spec.containers[name="a"].image', '.spec.containers[name="a"].name'],
      two: [
        '.spec.containers[name="a"]',
        '.spec.containers[name="a"].name',
        '.spec.containers[name="a"].tty',
        '.spec.containers[name="b"]',
        '.spec.containers[name="b"].image',
        '.spec.containers[name="b"].name',
      ],
    });
    it.apply('two', {});
    expect(it.object).toEqual(inPod([{ name: 'a', image: '1' }]));
  });

  test('an item goes with what the server has added to it', () => {
    const it = pod();
    it.apply(
      'one',
      inPod([
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ]),
    );
    it.object = inPod([
      { name: 'a', image: '1' },
      { name: 'b', image: '1', imagePullPolicy: 'Always' },
    ]);
    it.apply('one', inPod([{ name: 'a', image: '1' }]));
    expect(it.object).toEqual(inPod([{ name: 'a', image: '1' }]));
  });

  test('an item stays for who applies it too, not for who has only changed something in it', () => {
    const both = inPod([{ name: 'a' }, { name: 'b', image: '1' }]);
    const it = pod();
    it.apply('one', both);
    it.apply('two', inPod([{ name: 'b', tty: true }]));
    it.apply('one', inPod([{ name: 'a' }]));
    expect(it.object).toEqual(inPod([{ name: 'a' }, { name: 'b', tty: true }]));
    const other = pod();
    other.apply('one', both);
    other.update('edit', inPod([{ name: 'a' }, { name: 'b', image: '1', tty: true }]));
    other.apply('one', inPod([{ name: 'a' }]));
    expect(other.object).toEqual(inPod([{ name: 'a' }]));
  });

  test('a key that is left out counts with its default', () => {
    const it = service();
    it.update('one', { spec: { ports: [{ port: 80, protocol: 'TCP', nodePort: 30000 }] } });
    it.apply('two', { spec: { ports: [{ port: 80, name: 'http' }] } });
    expect(it.object).toEqual({ spec: { ports: [{ port: 80, protocol: 'TCP', nodePort: 30000, name: 'http' }] } });
    expect(it.owned.two).toContain('.spec.ports[port=80,protocol="TCP"].name');
    it.apply('two', { spec: { ports: [{ port: 80, protocol: 'UDP' }] } });
    expect(it.object).toEqual({
      spec: {
        ports: [
          { port: 80, protocol: 'TCP', nodePort: 30000 },
          { port: 80, protocol: 'UDP' },
        ],
      },
    });
  });

  test('another key is another item', () => {
    const it = service();
    it.apply('one', { spec: { ports: [{ port: 80, name: 'http' }] } });
    it.apply('one', { spec: { ports: [{ port: 8080, name: 'http' }] } });
    expect(it.object).toEqual({ spec: { ports: [{ port: 8080, name: 'http' }] } });
  });

  test('atomic lists, maps and objects are owned as a whole', () => {
    const it = pod();
    const one = inPod([{ name: 'a', args: ['x', 'y'] }], { nodeSelector: { a: '1' }, tolerations: [{ key: 'k' }] });
    it.apply('one', one);
    expect(it.owned.one).toEqual([
      '.spec.containers[name="a"]',
      '.spec.containers[name="a"].args',
      '.spec.containers[name="a"].name',
      '.spec.nodeSelector',
      '.spec.tolerations',
    ]);
    expect(it.apply('two', inPod([{ name: 'a', args: ['x'] }], { nodeSelector: { b: '1' } }))).toBe(
      'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.containers[name="a"].args\n- .spec.nodeSelector',
    );
    it.apply('two', inPod([{ name: 'a', args: ['x'] }], { nodeSelector: { b: '1' } }), { force: true });
    expect(it.object).toEqual(inPod([{ name: 'a', args: ['x'] }], { nodeSelector: { b: '1' }, tolerations: [{ key: 'k' }] }));
  });

  test('sets are owned by value', () => {
    const it = configMap();
    it.apply('one', { metadata: { finalizers: ['a', 'b'] } });
    it.apply('two', { metadata: { finalizers: ['c', 'b'] } });
    expect(it.object).toEqual({ metadata: { finalizers: ['a', 'c', 'b'] } });
    expect(it.owned.two).toEqual(['.metadata.finalizers[="b"]', '.metadata.finalizers[="c"]']);
    it.apply('one', {});
    expect(it.object).toEqual({ metadata: { finalizers: ['c', 'b'] } });
  });

  const names = (list: string[]): Json => inPod(list.map((name) => ({ name })));
  const orders: Array<[live: string[], config: string[], want: string[]]> = [
    [
      ['a', 'b', 'c'],
      ['c', 'a'],
      ['b', 'c', 'a'],
    ],
    [
      ['a', 'b', 'c'],
      ['d', 'a'],
      ['d', 'a', 'b', 'c'],
    ],
    [
      ['a', 'b', 'c'],
      ['b', 'd'],
      ['a', 'b', 'c', 'd'],
    ],
    [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'a'],
    ],
    [['a'], ['b'], ['a', 'b']],
    [[], ['b', 'a'], ['b', 'a']],
    [
      ['a', 'b', 'c', 'd'],
      ['d', 'x', 'b'],
      ['a', 'c', 'd', 'x', 'b'],
    ],
  ];
  test.each(orders)('%j with %j is %j', (live, config, want) => {
    const it = pod().update('x', names(live));
    it.apply('me', names(config));
    expect(it.object).toEqual(names(want));
  });
});

describe('records', () => {
  test('who updates owns what was changed, the emptied included', () => {
    const it = deployment().update('create', {
      metadata: { labels: { a: '1' } },
      spec: { template: { spec: { containers: [{ name: 'a' }] } } },
    });
    expect(it.owned.create).toEqual([
      '.metadata.labels',
      '.metadata.labels.a',
      '.spec.template.spec.containers[name="a"]',
      '.spec.template.spec.containers[name="a"].name',
      // A program written in Go says so even when nothing was asked for.
      '.spec.template.spec.containers[name="a"].resources',
    ]);
    it.update('label', { ...it.object, metadata: { labels: { b: '1' } } });
    expect(it.owned.label).toEqual(['.metadata.labels.b']);
    expect(it.owned.create).not.toContain('.metadata.labels.a');
  });

  test('a time is that of the last change', () => {
    const it = configMap();
    it.apply('one', { data: { a: '1' } });
    it.apply('two', { data: { a: '1' } });
    it.apply('one', { data: { a: '1' } });
    expect([it.timeOf('one'), it.timeOf('two')]).toEqual(['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z']);
    it.update('edit', { data: { a: '1', b: '1' } }).update('edit', { data: { a: '1', b: '1' } });
    expect(it.timeOf('edit')).toBe('2026-01-01T00:00:04Z');
  });

  test('an update that changes nothing keeps the very list', () => {
    const it = configMap().update('one', { data: { a: '1' } });
    const before = it.managers;
    expect(it.update('two', { data: { a: '1' } }).managers).toBe(before);
  });

  test('metadata of the server is nobody’s', () => {
    const metadata = {
      name: 'x',
      namespace: 'default',
      uid: 'u',
      creationTimestamp: 't',
      generation: 1,
      resourceVersion: '1',
      selfLink: 's',
    };
    expect(configMap().update('one', { metadata }).owned).toEqual({});
  });

  test('updates beyond ten become ancient changes', () => {
    const it = configMap();
    const data: Record<string, string> = {};
    for (let i = 0; i < 14; i++) {
      data[`k${i}`] = '1';
      it.update(`m${i}`, { data: { ...data } });
    }
    const entries = entriesOf(it.managers) ?? [];
    expect(entries).toHaveLength(10);
    expect(entries[0]).toMatchObject({ manager: 'ancient-changes', operation: 'Update', time: '2026-01-01T00:00:05Z' });
    expect(it.owned['ancient-changes']).toEqual(['.data', '.data.k0', '.data.k1', '.data.k2', '.data.k3', '.data.k4']);
  });

  test('what was there before anybody kept record is told as such', () => {
    const it = configMap();
    it.object = { data: { a: '1' } };
    expect(it.apply('me', { data: { a: '2' } })).toBe('Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a');
    it.apply('me', { data: { a: '1', b: '2' } });
    expect(it.owned).toEqual({ 'before-first-apply': ['.data', '.data.a'], me: ['.data.a', '.data.b'] });
  });

  test('entries of a version that is not served are dropped', () => {
    const it = configMap();
    it.managers = [{ manager: 'old', operation: 'Update', apiVersion: 'v1beta1', fields: { 'f:data': {} } }];
    expect(it.update('now', { data: { a: '1' } }).owned).toEqual({ now: ['.data', '.data.a'] });
  });

  test('appliers stand first, then by time and name', () => {
    const fields = { 'f:data': {} };
    const entry = (manager: string, operation: 'Apply' | 'Update', time: string): Manager => ({
      manager,
      operation,
      apiVersion: 'v1',
      time,
      fields,
    });
    const managers = [entry('z', 'Update', '2'), entry('b', 'Update', '3'), entry('a', 'Update', '3'), entry('y', 'Apply', '4')];
    expect(entriesOf(managers)?.map((it) => it.manager)).toEqual(['y', 'z', 'a', 'b']);
  });
});

describe('from client-side apply', () => {
  const lastApplied = { data: { a: '1', b: '1' } };
  test('what kubectl itself applied is no conflict to it', () => {
    const it = configMap().update('kubectl-client-side-apply', lastApplied);
    expect(it.apply('kubectl', { data: { a: '2' } }, { lastApplied })).toBeUndefined();
    expect(it.object).toEqual({ data: { a: '2', b: '1' } });
  });
  test('what others have changed since is', () => {
    const it = configMap()
      .update('kubectl-client-side-apply', lastApplied)
      .update('edit', { data: { a: '1', b: '9' } });
    expect(it.apply('kubectl', { data: { a: '2', b: '2' } }, { lastApplied })).toBe(
      'Apply failed with 1 conflict: conflict with "edit" using v1: .data.b',
    );
  });
  test('nobody but kubectl is excused', () => {
    const it = configMap().update('kubectl-client-side-apply', lastApplied);
    expect(it.apply('flux', { data: { a: '2' } }, { lastApplied })).toContain('"kubectl-client-side-apply" using v1: .data.a');
  });
});

describe('configurations that cannot be applied', () => {
  const structure = structureOf('core/v1.Service');
  test('the same item twice', () => {
    expect(faultsOf(structure, { spec: { ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] } })).toEqual([
      '.spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
    ]);
    expect(faultsOf(structure, { metadata: { finalizers: ['a', 'a'] } })).toEqual([
      '.metadata.finalizers: duplicate entries for key [="a"]',
    ]);
  });
  test('an item without a key', () => {
    expect(faultsOf(structureOf('core/v1.Pod'), inPod([{ image: 'x' }]))).toEqual([
      '.spec.containers: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ]);
  });
  test('a place is named by keys', () => {
    const config = { spec: { ports: [{ port: 80 }] } };
    expect(pathByKeys(structure, config, 'spec.ports[0].x')).toBe('.spec.ports[port=80,protocol="TCP"].x');
    expect(pathByKeys(structureOf('core/v1.Pod'), { spec: { tolerations: [{}] } }, 'spec.tolerations[0].x')).toBe('.spec.tolerations[0].x');
  });
});
