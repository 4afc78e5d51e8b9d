import { readFile, statfs } from 'node:fs/promises';
import type { HostFacts } from './describe.ts';

/** Reads what identifies this host; what it does not tell is ''. `dataDir`: whose file system holds the pods' data. */
export async function readHostFacts(dataDir: string): Promise<HostFacts> {
  const [machineId, bootId, systemUuid, disk] = await Promise.all([
    firstLine('/etc/machine-id'),
    firstLine('/proc/sys/kernel/random/boot_id'),
    firstLine('/sys/class/dmi/id/product_uuid'),
    statfs(dataDir).catch(() => undefined),
  ]);
  return { machineId, bootId, systemUuid: systemUuid || machineId, diskBytes: disk ? disk.blocks * disk.bsize : 0 };
}

async function firstLine(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    // Not every host has every one of these.
    return '';
  }
}
