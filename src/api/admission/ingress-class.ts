import { classAnnotation, ingress, ingressClass, isDefaultIngressClass, type networking } from '../../kinds/index.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

/** An Ingress that names no class gets the default one, the youngest where there are several (upstream: DefaultIngressClass). */
export const defaultIngressClass = (store: Store): AdmissionStep => ({
  name: 'DefaultIngressClass',
  async create(kind, draft) {
    if (kind !== ingress) return;
    const it = draft as networking.Ingress;
    if (it.spec?.ingressClassName !== undefined || it.metadata.annotations?.[classAnnotation] !== undefined) return;
    const { entries } = await store.range(storeKey(ingressClass));
    const classes = entries.map((entry) => decode(entry) as networking.IngressClass).filter(isDefaultIngressClass);
    const [first] = classes.sort(
      (a, b) =>
        (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') ||
        a.metadata.name.localeCompare(b.metadata.name),
    );
    if (first) it.spec = { ...it.spec, ingressClassName: first.metadata.name };
  },
});
