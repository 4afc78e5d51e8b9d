import { duplicate, type FieldError, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../../meta/names.ts';
import { validateAnnotations, validateLabels } from '../../../meta/object-meta.ts';
import { compareQuantities } from '../../../meta/quantity.ts';
import { faultsOf } from '../../faults.ts';
import type { ConfigMapVolumeSource, CSIVolumeSource, PodSpec, SecretVolumeSource, Volume } from '../../generated/core-v1.ts';
import { claimSpecFaults } from '../claim-spec.ts';
import { pullPolicyFaults } from './container.ts';
import { foreignVolumeFaults } from './foreign-volumes.ts';
import { backstepFaults } from './paths.ts';
import { downwardFileFaults, keyFaults, modeFaults } from './volume-files.ts';
import { projectedFaults } from './projection.ts';

const itemsFaults = ({ items, defaultMode }: ConfigMapVolumeSource | SecretVolumeSource, path: string): FieldError[] => [
  ...modeFaults(`${path}.defaultMode`, defaultMode),
  ...(items ?? []).flatMap((it, i) => keyFaults(it, `${path}.items[${i}]`)),
];

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

type Place = { podName: string | undefined; isPod: boolean };

/** Faults of one source: what it needs of its own. */
function sourceFaults(source: string, volume: Volume, path: string, { isPod, podName }: Place): FieldError[] {
  const at = `${path}.${source}`;
  switch (source) {
    case 'emptyDir':
      return compareQuantities(volume.emptyDir?.sizeLimit ?? '0', '0') < 0
        ? [forbidden(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
        : [];
    case 'hostPath': {
      const { path: place, type } = volume.hostPath ?? {};
      if (!place) return [required(`${at}.path`)];
      const faults = backstepFaults(place, `${at}.path`);
      return type === undefined || hostPathTypes.includes(type) ? faults : [...faults, notSupported(`${at}.type`, type, hostPathTypes)];
    }
    case 'secret':
      return [...(volume.secret?.secretName ? [] : [required(`${at}.secretName`)]), ...itemsFaults(volume.secret ?? {}, at)];
    case 'configMap':
      return [...(volume.configMap?.name ? [] : [required(`${at}.name`)]), ...itemsFaults(volume.configMap ?? {}, at)];
    case 'nfs': {
      const { server, path: place = '' } = volume.nfs ?? {};
      return [
        ...(server ? [] : [required(`${at}.server`)]),
        ...(place ? [] : [required(`${at}.path`)]),
        ...(place.startsWith('/') ? [] : [invalidValue(`${at}.path`, place, 'must be an absolute path')]),
      ];
    }
    case 'persistentVolumeClaim':
      return volume.persistentVolumeClaim?.claimName ? [] : [required(`${at}.claimName`)];
    case 'downwardAPI':
      return [
        ...modeFaults(`${at}.defaultMode`, volume.downwardAPI?.defaultMode),
        ...(volume.downwardAPI?.items ?? []).flatMap((it) => downwardFileFaults(it, at)),
      ];
    case 'projected':
      return [...modeFaults(`${at}.defaultMode`, volume.projected?.defaultMode), ...projectedFaults(volume.projected ?? {}, at)];
    case 'csi':
      return csiFaults(volume.csi, at);
    case 'ephemeral':
      return ephemeralFaults(volume, path, podName);
    case 'image':
      return [
        ...(isPod && !volume.image?.reference ? [required(`${at}.reference`)] : []),
        ...pullPolicyFaults(volume.image?.pullPolicy, `${at}.pullPolicy`),
      ];
    default:
      return foreignVolumeFaults(source, volume, path);
  }
}

export function csiDriverFaults(driver: string | undefined, path: string): FieldError[] {
  if (!driver) return [required(path)];
  const long = driver.length > 63 ? [{ path, reason: 'FieldValueTooLong', message: 'Too long: may not be more than 63 bytes' }] : [];
  return [...long, ...faultsOf(path, driver, dns1123Subdomain(driver.toLowerCase()))];
}

function csiFaults(csi: CSIVolumeSource | undefined, path: string): FieldError[] {
  const faults = csiDriverFaults(csi?.driver, `${path}.driver`);
  const secret = csi?.nodePublishSecretRef;
  if (!secret) return faults;
  if (!secret.name) return [...faults, required(`${path}.nodePublishSecretRef.name`)];
  return [...faults, ...faultsOf(`${path}.name`, secret.name, dns1123Subdomain(secret.name))];
}

/** A claim made with the pod, named after both. */
function ephemeralFaults({ name, ephemeral }: Volume, path: string, podName: string | undefined): FieldError[] {
  const at = `${path}.ephemeral.volumeClaimTemplate`;
  const template = ephemeral?.volumeClaimTemplate;
  const { labels, annotations, name: given } = template?.metadata ?? {};
  const faults = [...validateAnnotations(annotations, `${at}.metadata.annotations`), ...validateLabels(labels, `${at}.metadata.labels`)];
  if (given) faults.push(forbidden(`${at}.metadata.name`, 'cannot be set'));
  faults.push(...(template ? claimSpecFaults(template.spec ?? {}, `${at}.spec`) : [required(at)]));
  if (!podName || !name) return faults;
  const claim = `${podName}-${name}`;
  return [
    ...faults,
    ...faultsOf(
      `${path}.name`,
      name,
      dns1123Subdomain(claim).map((it) => `PVC name ${JSON.stringify(claim)}: ${it}`),
    ),
  ];
}

/** In this order sources are looked at; the first is the volume's. */
const sourceOrder: readonly string[] = [
  ...['emptyDir', 'hostPath', 'gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore', 'secret', 'nfs', 'iscsi', 'glusterfs', 'flocker'],
  ...['persistentVolumeClaim', 'rbd', 'cinder', 'cephfs', 'quobyte', 'downwardAPI', 'fc', 'flexVolume', 'configMap', 'azureFile'],
  ...[
    'vsphereVolume',
    'photonPersistentDisk',
    'portworxVolume',
    'azureDisk',
    'storageos',
    'projected',
    'scaleIO',
    'csi',
    'ephemeral',
    'image',
  ],
];
/** Two that upstream misspells. */
const toldAs: { [source: string]: string } = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

function volumeFaults(volume: Volume, path: string, place: Place): FieldError[] {
  const [first, ...more] = sourceOrder.filter((it) => Object.hasOwn(volume, it));
  const faults = first ? sourceFaults(first, volume, path, place) : [required(path, 'must specify a volume type')];
  for (const it of more) faults.push(forbidden(`${path}.${toldAs[it] ?? it}`, 'may not specify more than 1 volume type'));
  return [...faults, ...(volume.name ? faultsOf(`${path}.name`, volume.name, dns1123Label(volume.name)) : [required(`${path}.name`)])];
}

/** Faults of all volumes of a pod, and those that can be mounted: the sound ones. */
export function allVolumeFaults(spec: PodSpec, path: string, place: Place): { faults: FieldError[]; volumes: Map<string, Volume> } {
  const list = spec.volumes ?? [];
  const volumes = new Map<string, Volume>();
  const made = new Set(place.podName ? list.filter((it) => it.ephemeral).map((it) => `${place.podName}-${it.name}`) : []);
  const faults = list.flatMap((volume, i) => {
    const at = `${path}[${i}]`;
    const own = volumeFaults(volume, at, place);
    if (volumes.has(volume.name)) own.push(duplicate(`${at}.name`, volume.name));
    if (own.length === 0) volumes.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim && made.has(claim))
      own.push(
        invalidValue(`${at}.persistentVolumeClaim.claimName`, claim, 'must not reference a PVC that gets created for an ephemeral volume'),
      );
    return own;
  });
  return { faults, volumes };
}
