import type { core, discovery } from '../../kinds/index.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { putAnnotations, putMap, Sheet } from './sheet.ts';

function start(object: AnyObject): Sheet {
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${object.metadata.name}`);
  sheet.put(0, `Namespace:\t${object.metadata.namespace}`);
  putMap(sheet, 0, 'Labels', object.metadata.labels);
  putAnnotations(sheet, 0, object.metadata.annotations);
  return sheet;
}

export async function describeEndpoints(object: AnyObject, lookup: Lookup): Promise<string> {
  const { subsets = [] } = object as unknown as core.Endpoints;
  const sheet = start(object);
  sheet.put(0, 'Subsets:');
  for (const [i, subset] of subsets.entries()) {
    const text = (addresses: readonly core.EndpointAddress[] | undefined): string =>
      addresses?.length ? addresses.map((it) => it.ip).join(',') : '<none>';
    sheet.put(1, `Addresses:\t${text(subset.addresses)}`);
    sheet.put(1, `NotReadyAddresses:\t${text(subset.notReadyAddresses)}`);
    if (subset.ports?.length) {
      sheet.put(1, 'Ports:');
      sheet.put(2, 'Name\tPort\tProtocol');
      sheet.put(2, '----\t----\t--------');
      for (const it of subset.ports) sheet.put(2, `${it.name || '<unset>'}\t${it.port}\t${it.protocol ?? 'TCP'}`);
    }
    if (i <= subsets.length - 1) sheet.put(0, '');
  }
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

export async function describeEndpointSlice(object: AnyObject, lookup: Lookup): Promise<string> {
  const { addressType, ports = [], endpoints = [] } = object as unknown as discovery.EndpointSlice;
  const sheet = start(object);
  sheet.put(0, `AddressType:\t${addressType}`);
  if (ports.length === 0) sheet.put(0, 'Ports: <unset>');
  else {
    sheet.put(0, 'Ports:');
    sheet.put(1, 'Name\tPort\tProtocol');
    sheet.put(1, '----\t----\t--------');
    for (const it of ports) sheet.put(1, `${it.name || '<unset>'}\t${it.port ?? '<unset>'}\t${it.protocol ?? 'TCP'}`);
  }
  if (endpoints.length === 0) sheet.put(0, 'Endpoints: <none>');
  else {
    sheet.put(0, 'Endpoints:');
    for (const it of endpoints) {
      sheet.put(1, `- Addresses:\t${it.addresses.join(', ')}`);
      sheet.put(2, 'Conditions:');
      sheet.put(3, `Ready:\t${it.conditions?.ready ?? '<unset>'}`);
      sheet.put(2, `Hostname:\t${it.hostname ?? '<unset>'}`);
      if (it.targetRef) sheet.put(2, `TargetRef:\t${it.targetRef.kind}/${it.targetRef.name}`);
      sheet.put(2, `NodeName:\t${it.nodeName ?? '<unset>'}`);
      sheet.put(2, `Zone:\t${it.zone ?? '<unset>'}`);
      if (it.hints?.forZones?.length) sheet.put(2, `Hints:\n      For Zones:\t${it.hints.forZones.map(({ name }) => name).join(', ')}`);
    }
  }
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}
