import { isReachable, planVolumes, podClaims } from '../volumes.ts';
import { type Filter, final } from './plugin.ts';

/** Claims are there and bound, their volumes can be reached from the node, and those that wait for the pod can be had there. */
export const volumeBinding: Filter = {
  name: 'VolumeBinding',
  wokenBy: ['node', 'claim', 'volume', 'class'],
  prepare({ pod, claims }, { volumes }) {
    if (claims.length === 0) return undefined;
    const found = podClaims(pod, volumes);
    if ('fault' in found) return { nowhere: found.fault };
    const lost = found.bound.some(({ volume }) => !volume);
    return {
      check(node) {
        const reasons: string[] = [];
        if (lost) reasons.push('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
        if (found.bound.some(({ volume }) => volume && !isReachable(volume, node)))
          reasons.push("node(s) didn't match PersistentVolume's node affinity");
        if (found.delayed.length > 0 && !planVolumes(found.delayed, node, volumes))
          reasons.push("node(s) didn't find available persistent volumes to bind");
        return reasons.length > 0 ? final(...reasons) : undefined;
      },
    };
  },
};
