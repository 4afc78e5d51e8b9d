import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Subdomain } from '../../../meta/names.ts';
import { labelSelectorFaults } from '../../../meta/selector-faults.ts';
import { faultsOf } from '../../faults.ts';
import type { ClusterTrustBundleProjection, PodCertificateProjection, ProjectedVolumeSource } from '../../generated/core-v1.ts';
import { filePathFaults } from './paths.ts';
import { downwardFileFaults, keyFaults } from './volume-files.ts';

const longestToken = 2 ** 32;
const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];

/** Several sources laid out in one volume: each of one kind, no two files of one path. */
export function projectedFaults({ sources = [] }: ProjectedVolumeSource, path: string): FieldError[] {
  const taken = new Set<string>();
  const placed = (file: string | undefined, value: string): FieldError[] => {
    if (file === undefined) return [];
    const isTaken = taken.has(file);
    taken.add(file);
    return isTaken ? [invalidValue(path, value, 'conflicting duplicate paths')] : [];
  };
  return sources.flatMap((source, i) => {
    const at = `${path}.sources[${i}]`;
    const faults: FieldError[] = [];
    for (const name of ['secret', 'configMap'] as const) {
      const one = source[name];
      if (!one) continue;
      if (!one.name) faults.push(required(`${at}.${name}.name`));
      for (const [j, item] of (one.items ?? []).entries())
        faults.push(...keyFaults(item, `${at}.${name}.items[${j}]`), ...placed(item.path || undefined, one.name ?? ''));
    }
    for (const file of source.downwardAPI?.items ?? [])
      faults.push(...downwardFileFaults(file, `${at}.downwardAPI`), ...placed(file.path || undefined, file.path ?? ''));
    const token = source.serviceAccountToken;
    if (token) {
      const seconds = token.expirationSeconds ?? 3600;
      const life = `${at}.serviceAccountToken.expirationSeconds`;
      if (seconds < 600) faults.push(invalidValue(life, seconds, 'may not specify a duration less than 10 minutes'));
      if (seconds > longestToken) faults.push(invalidValue(life, seconds, 'may not specify a duration larger than 2^32 seconds'));
      faults.push(...(token.path ? filePathFaults(token.path, `${path}.path`) : [required(`${path}.path`)]));
    }
    const bundle = source.clusterTrustBundle;
    if (bundle) faults.push(...bundleFaults(bundle, `${at}.clusterTrustBundle`), ...placed(bundle.path ?? '', bundle.path ?? ''));
    const certificate = source.podCertificate;
    if (certificate) {
      faults.push(...certificateFaults(certificate, `${at}.podCertificate`));
      for (const it of filesOf(certificate)) faults.push(...placed(it, it));
    }
    if (Object.keys(source).length > 1) faults.push(forbidden(at, 'may not specify more than 1 volume type per source'));
    return faults;
  });
}

function bundleFaults(bundle: ClusterTrustBundleProjection, path: string): FieldError[] {
  const { name, signerName, labelSelector, path: file = '' } = bundle;
  const faults: FieldError[] = [];
  if (name !== undefined && signerName !== undefined)
    faults.push(invalidValue(path, bundle, 'only one of name and signerName may be used'));
  else if (name !== undefined) {
    if (!name) faults.push(required(`${path}.name`, 'must be a valid object name'));
    faults.push(
      ...faultsOf(
        `${path}.name`,
        name,
        dns1123Subdomain(name).map((it) => `not a valid clustertrustbundlename: ${it}`),
      ),
    );
    if (labelSelector)
      faults.push(invalidValue(`${path}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified'));
  } else if (signerName !== undefined) {
    if (!signerName) faults.push(required(`${path}.signerName`, 'must be a valid signer name'));
    faults.push(...labelSelectorFaults(labelSelector, `${path}.labelSelector`));
  } else faults.push(required(path, 'either name or signerName must be specified'));
  if (!file) faults.push(required(`${path}.path`));
  return [...faults, ...filePathFaults(file, `${path}.path`)];
}

const fileFields = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const;
const filesOf = (it: PodCertificateProjection): string[] => fileFields.map((field) => it[field] ?? '').filter(Boolean);

function certificateFaults(certificate: PodCertificateProjection, path: string): FieldError[] {
  const { keyType = '', maxExpirationSeconds: life } = certificate;
  const faults: FieldError[] = keyTypes.includes(keyType) ? [] : [notSupported(`${path}.keyType`, keyType, keyTypes)];
  if (life !== undefined && life < 3600)
    faults.push(invalidValue(`${path}.maxExpirationSeconds`, life, 'if provided, maxExpirationSeconds must be >= 3600'));
  for (const field of fileFields) faults.push(...filePathFaults(certificate[field] ?? '', `${path}.${field}`));
  if (filesOf(certificate).length === 0)
    faults.push(required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'));
  return faults;
}
