import { expect, test } from 'vitest';
import { createClient, type Transport } from '../../../src/client/index.ts';
import { configMap, type core, node } from '../../../src/kinds/index.ts';
import { isReason } from '../../../src/meta/status-error.ts';

type Opened = { transport: Transport; close: () => Promise<void> };

/** What every Transport does, whatever lies between it and the objects. */
export function transportContract(open: () => Promise<Opened>): void {
  const withTransport = (name: string, run: (transport: Transport) => Promise<void>): void =>
    test(name, async () => {
      const { transport, close } = await open();
      try {
        await run(transport);
      } finally {
        await close();
      }
    });
  const draft = (name: string, extra: object = {}) => ({ metadata: { name, namespace: 'default', ...extra }, data: { a: '1' } });
  const make = async (transport: Transport, name: string, extra: object = {}): Promise<core.ConfigMap> =>
    (await transport.create(configMap, draft(name, extra), { namespace: 'default' })) as core.ConfigMap;
  const reasonOf = async (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'no error',
      (error: { reason?: string }) => error.reason ?? String(error),
    );

  withTransport('what was created is read back, complete', async (transport) => {
    const made = await make(transport, 'one');
    const read = (await transport.get(configMap, { namespace: 'default', name: 'one' })) as core.ConfigMap;
    expect(read).toEqual(made);
    expect(read).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
    for (const field of [read.metadata.uid, read.metadata.resourceVersion, read.metadata.creationTimestamp]) expect(field).toBeTruthy();
  });

  withTransport('errors are StatusErrors with the server’s reason', async (transport) => {
    const made = await make(transport, 'one');
    expect(await reasonOf(transport.get(configMap, { namespace: 'default', name: 'none' }))).toBe('NotFound');
    expect(await reasonOf(make(transport, 'one'))).toBe('AlreadyExists');
    await transport.update(configMap, { ...made, data: { a: '2' } } as core.ConfigMap);
    expect(await reasonOf(transport.update(configMap, { ...made, data: { a: '3' } } as core.ConfigMap))).toBe('Conflict');
    const key = { namespace: 'default', name: 'one' };
    expect(await reasonOf(transport.delete(configMap, key, { preconditions: { uid: 'another' } }))).toBe('Conflict');
    const error = await transport.get(configMap, { namespace: 'default', name: 'none' }).catch((it: unknown) => it);
    expect((error as Error).message).toBe('configmaps "none" not found');
    expect(error).toMatchObject({ code: 404, details: { name: 'none', kind: 'configmaps' } });
  });

  withTransport('lists are chosen by labels and fields, and items know their kind', async (transport) => {
    await make(transport, 'one', { labels: { app: 'web' } });
    await make(transport, 'two', { labels: { app: 'db' } });
    const names = async (options: object): Promise<string[]> =>
      (await transport.list(configMap, { namespace: 'default', ...options })).items
        .filter((it) => ['one', 'two'].includes(it.metadata.name))
        .map((it) => `${it.kind}/${it.metadata.name}`);
    expect(await names({})).toEqual(['ConfigMap/one', 'ConfigMap/two']);
    expect(await names({ labelSelector: 'app=web' })).toEqual(['ConfigMap/one']);
    expect(await names({ fieldSelector: 'metadata.name=two' })).toEqual(['ConfigMap/two']);
  });

  withTransport('a watch tells every change after its revision, in order, and ends with its signal', async (transport) => {
    const { resourceVersion } = await transport.list(configMap, {});
    const made = await make(transport, 'one');
    await transport.update(configMap, { ...made, data: { a: '2' } } as core.ConfigMap);
    const abort = new AbortController();
    const seen: string[] = [];
    let last = Number(resourceVersion);
    for await (const { type, object } of transport.watch(configMap, { resourceVersion, namespace: 'default' }, abort.signal)) {
      if (object.metadata.name !== 'one') continue;
      expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(last);
      last = Number(object.metadata.resourceVersion);
      seen.push(`${type} ${(object as core.ConfigMap).data?.['a']}`);
      if (type === 'MODIFIED') await transport.delete(configMap, { namespace: 'default', name: 'one' });
      if (type === 'DELETED') abort.abort();
    }
    expect(seen).toEqual(['ADDED 1', 'MODIFIED 2', 'DELETED 2']);
  });

  withTransport('a watch with a selector tells of coming and going matches', async (transport) => {
    const { resourceVersion } = await transport.list(configMap, {});
    const made = await make(transport, 'one');
    const labelled = (labels: object | undefined) => ({ type: 'merge' as const, body: { metadata: { labels } } });
    const key = made.metadata;
    await transport.patch(configMap, key, labelled({ app: 'web' }));
    await transport.patch(configMap, key, labelled({ app: 'db' }));
    const abort = new AbortController();
    const seen: string[] = [];
    for await (const event of transport.watch(configMap, { resourceVersion, labelSelector: 'app=web' }, abort.signal)) {
      seen.push(event.type);
      if (seen.length === 2) abort.abort();
    }
    expect(seen).toEqual(['ADDED', 'DELETED']);
  });

  withTransport('every kind of patch works, and status is written apart', async (transport) => {
    const key = { namespace: 'default', name: 'one' };
    await make(transport, 'one');
    await transport.patch(configMap, key, { type: 'merge', body: { data: { b: '2' } } });
    await transport.patch(configMap, key, { type: 'json', body: [{ op: 'remove', path: '/data/a' }] });
    await transport.patch(configMap, key, { type: 'strategic', body: { data: { c: '3' } } });
    expect(((await transport.get(configMap, key)) as core.ConfigMap).data).toEqual({ b: '2', c: '3' });
    const made = (await transport.create(node, { metadata: { name: 'n1' }, spec: {} })) as core.Node;
    const changed = { ...made, spec: { podCIDR: '10.9.0.0/24' }, status: { phase: 'Running' } };
    await transport.update(node, changed as core.Node, { subresource: 'status' });
    const read = (await transport.get(node, { name: 'n1' })) as core.Node;
    expect(read.spec?.podCIDR).toBeUndefined();
    expect(read.status?.phase).toBe('Running');
  });

  withTransport('finalizers hold what is deleted until the last is gone', async (transport) => {
    const key = { namespace: 'default', name: 'one' };
    await make(transport, 'one', { finalizers: ['peapod.dev/hold'] });
    const going = await transport.delete(configMap, key);
    expect(going.metadata.deletionTimestamp).toBeTruthy();
    await transport.patch(configMap, key, { type: 'merge', body: { metadata: { finalizers: null } } });
    expect(await reasonOf(transport.get(configMap, key))).toBe('NotFound');
  });

  withTransport('change writes again after a conflict and not at all without a change', async (transport) => {
    const client = createClient(transport);
    const stale = await make(transport, 'one');
    await client.change(configMap, stale, (it) => {
      it.data = { a: '2' };
    });
    const both = await client.change(configMap, stale, (it) => {
      it.data = { ...it.data, b: '1' };
    });
    expect(both?.data).toEqual({ a: '2', b: '1' });
    const same = await client.change(configMap, both as core.ConfigMap, () => {});
    expect(same?.metadata.resourceVersion).toBe(both?.metadata.resourceVersion);
    expect(await client.change(configMap, { namespace: 'default', name: 'none' }, () => {})).toBeUndefined();
    expect(await client.delete(configMap, { namespace: 'default', name: 'none' })).toBeUndefined();
    const gone = await client.delete(configMap, { namespace: 'default', name: 'one' });
    expect(gone?.metadata.uid).toBe(stale.metadata.uid);
  });

  withTransport('a request that cannot be served fails, and the next one works', async (transport) => {
    const bad = transport.create(configMap, { metadata: { name: 'one', namespace: 'default', labels: 7 } }, { namespace: 'default' });
    await bad.catch((error: unknown) => expect(isReason(error, 'BadRequest', 'Invalid')).toBe(true));
    expect((await transport.list(configMap, { namespace: 'default' })).resourceVersion).toBeTruthy();
  });
}
