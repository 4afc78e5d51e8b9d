import type { core } from '../../src/kinds/index.ts';

/** Pods of the simulation: `version` is what a rollout changes. */
export const templateOf = (app: string, version: number, spec: Partial<core.PodSpec> = {}): core.PodTemplateSpec =>
  ({
    metadata: { labels: { app } },
    spec: {
      containers: [{ name: 'app', image: `app:${version}`, ports: [{ containerPort: 80 }] }],
      terminationGracePeriodSeconds: 10,
      ...spec,
    },
  }) as core.PodTemplateSpec;
