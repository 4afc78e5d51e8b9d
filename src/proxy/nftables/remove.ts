import { removeDockerRules } from './docker-rules.ts';
import { removeTable } from './kernel-table.ts';
import { type Programs, programs as hostPrograms } from './nft.ts';

/**
 * Removes what a cluster has in the kernel's tables, after its process has ended without doing so. A host without the
 * programs has nothing of it.
 */
export async function removeFromKernel(tableName: string, cluster: string, programs: Programs = hostPrograms): Promise<void> {
  if (await has('nft', programs)) await removeTable(tableName, programs);
  await removeDockerRules(cluster, programs);
}

const has = (program: string, { run }: Programs): Promise<boolean> =>
  run(program, '--version').then(
    () => true,
    () => false,
  );
