import type { Client } from '../client/index.ts';
import { ingressClass } from '../kinds/index.ts';
import { isReason } from '../meta/status-error.ts';
import { controllerName } from './routes.ts';

/** The class `peapod`, which an Ingress gets that names none. One that is there is left as people made it. */
export async function ensureClass(client: Client): Promise<void> {
  if (await client.get(ingressClass, { name: 'peapod' })) return;
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
  try {
    await client.create(ingressClass, { metadata: { name: 'peapod', annotations }, spec: { controller: controllerName } });
  } catch (error) {
    // Another start of the same cluster was quicker.
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}
