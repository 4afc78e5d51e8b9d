import { duplicate, type FieldError, forbidden, invalidValue, required } from '../../meta/field-error.ts';
import { qualifiedName } from '../../meta/names.ts';
import { compareQuantities, quantityNumber } from '../../meta/quantity.ts';
import type { Quantity } from '../../meta/types.ts';
import { defineKind } from '../define.ts';
import { faultsOf } from '../faults.ts';
import { containerResourceNameFaults, resourceNameFaults } from './pod/resource-faults.ts';
import type { LimitRange, LimitRangeItem } from '../generated/core-v1.ts';

type Amounts = { [resource: string]: Quantity };

/** A container's default limit is the most it may have, its default request that limit, or the least it must ask for. */
function defaultItem(item: LimitRangeItem): void {
  if (item.type !== 'Container') return;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

/** A user's key may be the name of a property every object has. */
const own = (amounts: Amounts, name: string): Quantity | undefined => (Object.hasOwn(amounts, name) ? amounts[name] : undefined);

function typeFaults(type: string, path: string): FieldError[] {
  const faults = faultsOf(path, type, qualifiedName(type));
  if (faults.length > 0 || type.includes('/') || ['Pod', 'Container', 'PersistentVolumeClaim'].includes(type)) return faults;
  return [invalidValue(path, type, 'must be a standard limit type or fully qualified')];
}

/** Upstream: ValidateLimitRange. */
function itemFaults(item: LimitRangeItem, path: string): FieldError[] {
  const { min = {}, max = {}, type } = item;
  const defaults: Amounts = item.default ?? {};
  const requests: Amounts = item.defaultRequest ?? {};
  const ratios: Amounts = item.maxLimitRequestRatio ?? {};
  const faults: FieldError[] = [];
  if (type === 'Pod') {
    const text = "may not be specified when `type` is 'Pod'";
    if (Object.keys(defaults).length > 0) faults.push(forbidden(`${path}.default`, text));
    if (Object.keys(requests).length > 0) faults.push(forbidden(`${path}.defaultRequest`, text));
  }
  if (type === 'PersistentVolumeClaim' && min.storage === undefined && max.storage === undefined)
    faults.push(required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
  const fields = { max, min, default: defaults, defaultRequest: requests, maxLimitRequestRatio: ratios };
  for (const [field, amounts] of Object.entries(fields))
    for (const name of Object.keys(amounts))
      faults.push(
        ...(type === 'Container' || type === 'Pod' ? containerResourceNameFaults : resourceNameFaults)(name, `${path}.${field}[${name}]`),
      );
  for (const name of new Set(
    Object.values(fields)
      .flatMap((it) => Object.keys(it))
      .sort(),
  )) {
    const [least, most, usual, asked, ratio] = [min, max, defaults, requests, ratios].map((it) => own(it, name));
    faults.push(
      ...orderFaults(`${path}.min[${name}]`, least, ['min', least], ['max', most]),
      ...orderFaults(`${path}.defaultRequest[${name}]`, asked, ['min', least], ['default request', asked]),
      ...orderFaults(`${path}.defaultRequest[${name}]`, asked, ['default request', asked], ['max', most]),
      ...orderFaults(`${path}.defaultRequest[${name}]`, asked, ['default request', asked], ['default limit', usual]),
      ...orderFaults(`${path}.default[${name}]`, least, ['min', least], ['default', usual]),
      ...orderFaults(`${path}.default[${name}]`, most, ['default', usual], ['max', most]),
      ...ratioFaults(ratio, least, most, `${path}.maxLimitRequestRatio[${name}]`),
    );
  }
  return faults;
}

type Named = [words: string, amount: Quantity | undefined];

function orderFaults(path: string, value: Quantity | undefined, [lowWords, low]: Named, [highWords, high]: Named): FieldError[] {
  if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return [];
  return [invalidValue(path, value, `${lowWords} value ${low} is greater than ${highWords} value ${high}`)];
}

function ratioFaults(ratio: Quantity | undefined, min: Quantity | undefined, max: Quantity | undefined, path: string): FieldError[] {
  if (ratio === undefined) return [];
  const faults: FieldError[] = [];
  if (compareQuantities(ratio, '1') < 0) faults.push(invalidValue(path, ratio, `ratio ${ratio} is less than 1`));
  const most = min !== undefined && max !== undefined ? quantityNumber(max) / quantityNumber(min) : undefined;
  if (most !== undefined && quantityNumber(ratio) > most)
    faults.push(invalidValue(path, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`));
  return faults;
}

export const limitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  namespaced: true,
  defaults: (draft) => {
    draft.spec ??= { limits: [] };
    draft.spec.limits ??= [];
    draft.spec.limits.forEach(defaultItem);
  },
  validate: ({ spec }) =>
    spec.limits.flatMap((item, i) => {
      const path = `spec.limits[${i}]`;
      const repeated = spec.limits.findIndex((it) => it.type === item.type) < i;
      return [
        ...typeFaults(item.type ?? '', `${path}.type`),
        ...(repeated ? [duplicate(`${path}.type`, item.type)] : []),
        ...itemFaults(item, path),
      ];
    }),
  bareTable: true,
  columns: [
    { name: 'Name', type: 'string', format: 'name', value: (it) => it.metadata.name },
    { name: 'Created At', type: 'date', value: (it) => it.metadata.creationTimestamp },
  ],
});
