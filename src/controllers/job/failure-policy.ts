import type { batch, core } from '../../kinds/index.ts';

/** What the rules make of a failed pod: the action of the first that matches, and what to say when it fails the job. */
export type Verdict = { action?: batch.PodFailurePolicyRule['action']; counts: boolean; message?: string };

/** Upstream: pod_failure_policy.go. A failure counts unless a rule says Ignore. */
export function judgeFailure(policy: batch.PodFailurePolicy | undefined, pod: core.Pod): Verdict {
  const { namespace, name } = pod.metadata;
  for (const [i, { action, onExitCodes, onPodConditions }] of (policy?.rules ?? []).entries()) {
    let text: string;
    if (onExitCodes) {
      const container = failedContainer(pod, onExitCodes);
      if (!container) continue;
      text = `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${container.state?.terminated?.exitCode} matching ${action} rule at index ${i}`;
    } else {
      const condition = pod.status?.conditions?.find((it) =>
        onPodConditions?.some((pattern) => pattern.type === it.type && (pattern.status ?? 'True') === it.status),
      );
      if (!condition) continue;
      text = `Pod ${namespace}/${name} has condition ${condition.type} matching ${action} rule at index ${i}`;
    }
    return { action, counts: action !== 'Ignore', ...(action === 'FailJob' && { message: text }) };
  }
  return { counts: true };
}

/** App containers before init containers; one that ended well fits no rule. */
function failedContainer(
  { status }: core.Pod,
  { containerName, operator, values }: batch.PodFailurePolicyOnExitCodesRequirement,
): core.ContainerStatus | undefined {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((it) => {
    const code = it.state?.terminated?.exitCode;
    if (code === undefined || code === 0 || (containerName !== undefined && containerName !== it.name)) return false;
    return values.includes(code) === (operator === 'In');
  });
}
