import { kubernetesVersion } from '../meta/kubernetes-version.ts';

/** What /version answers. */
export function versionInfo(): object {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
  return {
    ...{ major, minor, gitVersion: kubernetesVersion, gitCommit: 'peapod', gitTreeState: 'clean' },
    ...{ buildDate: '2026-11-23T00:00:00Z', goVersion: 'go1.26', compiler: 'gc' },
    platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
