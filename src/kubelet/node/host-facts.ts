import { readdir, readFile, statfs } from 'node:fs/promises';
import { formatQuantity } from '../../meta/quantity.ts';
import type { HostFacts } from './describe.ts';

/** Reads what identifies this host; what it does not tell is ''. `dataDir`: whose file system holds the pods' data. */
export async function readHostFacts(dataDir: string): Promise<HostFacts> {
  const [machineId, bootId, systemUuid, disk, hugePages, gpus] = await Promise.all([
    firstLine('/etc/machine-id'),
    firstLine('/proc/sys/kernel/random/boot_id'),
    firstLine('/sys/class/dmi/id/product_uuid'),
    statfs(dataDir).catch(() => undefined),
    readHugePages(),
    // One folder for each, named by its address on the bus; containers know them by their numbers.
    readdir('/proc/driver/nvidia/gpus').catch(() => []),
  ]);
  return {
    machineId,
    bootId,
    systemUuid: systemUuid || machineId,
    diskBytes: disk ? disk.blocks * disk.bsize : 0,
    hugePages,
    gpus: gpus.map((_, i) => String(i)),
  };
}

const hugePagesDir = '/sys/kernel/mm/hugepages';

/** Folders such as `hugepages-2048kB`, each with the number of pages that are kept. */
async function readHugePages(): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const name of await readdir(hugePagesDir).catch(() => [])) {
    const bytes = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1]) * 1024;
    const pages = Number(await firstLine(`${hugePagesDir}/${name}/nr_hugepages`));
    if (bytes > 0) found.set(formatQuantity(bytes, 'binary'), bytes * pages);
  }
  return found;
}

async function firstLine(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    // Not every host has every one of these.
    return '';
  }
}
