import { type FieldError, invalidValue, required } from '../../../meta/field-error.ts';
import type { Volume } from '../../generated/core-v1.ts';
import { descendingPathFaults } from './paths.ts';

/** What volumes need that are kept by others than the node. They are checked here, and mounted nowhere. */
const needed: { [source: string]: readonly string[] } = {
  gitRepo: ['repository'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  iscsi: ['targetPortal', 'iqn'],
  glusterfs: ['endpoints', 'path'],
  rbd: ['monitors', 'image'],
  cinder: ['volumeID'],
  cephfs: ['monitors'],
  quobyte: ['volume'],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  azureDisk: ['diskName', 'diskURI'],
  storageos: ['volumeName'],
  scaleIO: ['gateway', 'system', 'volumeName'],
};
/** One that upstream tells under another name. */
const toldAs: { [source: string]: string } = { gcePersistentDisk: 'persistentDisk' };

const isEmpty = (value: unknown): boolean => !value || (Array.isArray(value) && value.length === 0);

export function foreignVolumeFaults(source: string, volume: Volume, path: string): FieldError[] {
  const said = volume[source as keyof Volume] as unknown as { [field: string]: unknown };
  const at = `${path}.${toldAs[source] ?? source}`;
  const faults = (needed[source] ?? []).filter((it) => isEmpty(said[it])).map((it) => required(`${at}.${it}`));
  const { gitRepo, flocker, fc, iscsi, quobyte } = volume;
  if (gitRepo) faults.push(...descendingPathFaults(gitRepo.directory ?? '', `${at}.directory`));
  if (typeof said.partition === 'number' && (said.partition < 0 || said.partition > 255))
    faults.push(invalidValue(`${at}.partition`, said.partition, 'must be between 1 and 255, inclusive'));
  if (typeof said.lun === 'number' && (said.lun < 0 || said.lun > 255))
    faults.push(invalidValue(`${at}.lun`, said.lun, 'must be between 0 and 255, inclusive'));
  if (flocker && !flocker.datasetName && !flocker.datasetUUID) faults.push(required(at, 'one of datasetName and datasetUUID is required'));
  if (flocker?.datasetName?.includes('/')) faults.push(invalidValue(`${at}.datasetName`, flocker.datasetName, "must not contain '/'"));
  if (iscsi?.iqn && !/^(iqn|eui|naa)/.test(iscsi.iqn))
    faults.push(invalidValue(`${at}.iqn`, iscsi.iqn, 'must be valid format starting with iqn, eui, or naa'));
  if (quobyte && !quobyte.registry)
    faults.unshift(required(`${at}.registry`, 'must be a host:port pair or multiple pairs separated by commas'));
  if (fc && isEmpty(fc.targetWWNs) && isEmpty(fc.wwids))
    faults.push(required(`${at}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  if (fc?.targetWWNs?.length && fc.lun === undefined) faults.push(required(`${at}.lun`, 'lun is required if targetWWNs is specified'));
  return faults;
}
