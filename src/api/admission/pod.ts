import type { AnyKind, core } from '../../kinds/index.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { AdmissionStep } from './admission.ts';

/** Pods stay five minutes on a node that stops answering (upstream: DefaultTolerationSeconds, which asks at updates too). */
export const podDefaults: AdmissionStep = { name: 'DefaultTolerationSeconds', create: tolerateForAWhile, update: onWholePods };

function onWholePods(kind: AnyKind, draft: KubeObject, _: KubeObject, route?: string): void {
  if (route === undefined) tolerateForAWhile(kind, draft);
}

function tolerateForAWhile(kind: AnyKind, draft: KubeObject): void {
  if (kind.resource !== 'pods') return;
  const { spec } = draft as core.Pod;
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = spec.tolerations?.some((it) => (it.key === key || !it.key) && (!it.effect || it.effect === 'NoExecute'));
    if (!tolerated)
      spec.tolerations = [...(spec.tolerations ?? []), { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }];
  }
}
