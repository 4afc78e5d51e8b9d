import { type Filter, passing } from './plugin.ts';

/** A claim that allows one pod (ReadWriteOncePod) is not given to a second, on whatever node. */
export const exclusiveClaims: Filter = {
  name: 'VolumeRestrictions',
  wokenBy: ['pod gone', 'claim'],
  prepare({ claims }, { cluster, volumes }) {
    const exclusive = claims.filter((key) => volumes.claim(key)?.spec?.accessModes?.includes('ReadWriteOncePod'));
    if (!exclusive.some((key) => cluster.nodes.some((it) => it.claims.has(key)))) return undefined;
    return { check: () => passing('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode') };
  },
};
