import { join } from 'node:path';

/** Holds the volumes of all pods that stand on the disk. */
export const plainRootOf = (rootDir: string): string => join(rootDir, 'volumes');

/** Where a volume that stands on the disk has its files. */
export const volumeDirOnDisk = (rootDir: string, uid: string, volume: string): string => join(plainRootOf(rootDir), uid, volume);
