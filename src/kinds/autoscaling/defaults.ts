import type { HorizontalPodAutoscaler, HPAScalingRules } from '../generated/autoscaling-v2.ts';

/** What upstream fills in (pkg/apis/autoscaling/v2/defaults.go). */
export function defaultAutoscaler(draft: HorizontalPodAutoscaler): void {
  draft.spec ??= {} as HorizontalPodAutoscaler['spec'];
  const { spec } = draft;
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) {
    const target = { type: 'Utilization', averageUtilization: 80 };
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  if (!spec.behavior) return;
  spec.behavior.scaleUp = withDefaults(spec.behavior.scaleUp, usualUp);
  spec.behavior.scaleDown = withDefaults(spec.behavior.scaleDown, usualDown);
}

/** Twice as many or four more in 15 seconds, whichever is more. */
const usualUp: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
/** As few as wanted; the window is that of the controller. */
const usualDown: HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };

const withDefaults = (rules: HPAScalingRules | undefined, usual: HPAScalingRules): HPAScalingRules => {
  const { policies = [], ...rest } = rules ?? {};
  return { ...usual, ...rest, policies: policies.length > 0 ? policies : (usual.policies ?? []).map((it) => ({ ...it })) };
};
