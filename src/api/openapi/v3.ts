import { createHash } from 'node:crypto';
import type { AnyKind } from '../../kinds/index.ts';
import { patchTypes } from '../patch.ts';
import { kubernetesVersion } from '../../meta/kubernetes-version.ts';
import { definitionName, definitionsOf, gvkKey, operationsOf } from './definitions.ts';

const refs = '#/components/schemas/';

export type OpenApiV3 = {
  /** What /openapi/v3 answers. */
  index(): object;
  /** The document of `api/v1` or `apis/<group>/<version>`. */
  document(path: string): Buffer | undefined;
};

/** OpenAPI v3, a document for each group version, built when it is first asked for. */
export function openApiV3(kinds: readonly AnyKind[]): OpenApiV3 {
  const built = new Map<string, Buffer>();
  const pathOf = (kind: AnyKind): string => (kind.group ? `apis/${kind.apiVersion}` : 'api/v1');
  const paths = [...new Set(kinds.map(pathOf))];
  const document = (path: string): Buffer | undefined => {
    if (!paths.includes(path)) return undefined;
    let bytes = built.get(path);
    if (!bytes) {
      bytes = Buffer.from(JSON.stringify(build(kinds.filter((it) => pathOf(it) === path))));
      built.set(path, bytes);
    }
    return bytes;
  };
  const hashOf = (path: string): string =>
    createHash('sha512')
      .update(document(path) ?? '')
      .digest('hex')
      .toUpperCase();
  return {
    document,
    index: () => ({
      paths: Object.fromEntries(paths.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(path)}` }])),
    }),
  };
}

const anyPatch = { schema: { type: 'object' } };
const patchBody = { content: Object.fromEntries(patchTypes.map((type) => [type, anyPatch])) };

function build(served: readonly AnyKind[]): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, kind, action, parameters } of operationsOf(served)) {
    const schema = { $ref: `${refs}${definitionName(kind.message)}` };
    paths[path] ??= {};
    paths[path][method] = {
      parameters: parameters.map((name) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })),
      ...(['post', 'put'].includes(method) && { requestBody: { content: { '*/*': { schema } } } }),
      ...(method === 'patch' && { requestBody: patchBody }),
      responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } },
      'x-kubernetes-action': action,
      [gvkKey]: { group: kind.group, kind: kind.kind, version: kind.version },
    };
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    paths,
    components: { schemas: definitionsOf(served, refs) },
  };
}
