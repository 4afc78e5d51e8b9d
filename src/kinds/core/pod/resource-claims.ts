import { duplicate, type FieldError, invalidValue, required } from '../../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../../meta/names.ts';
import { faultsOf } from '../../faults.ts';
import type { PodSpec } from '../../generated/core-v1.ts';

/** Claims of devices that a pod names: nothing here hands devices out, but what is said must make sense. */
export function resourceClaimFaults({ resourceClaims = [] }: PodSpec, path: string): FieldError[] {
  const names = new Set<string>();
  return resourceClaims.flatMap((claim, i) => {
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const at = `${path}[${i}]`;
    const faults: FieldError[] = [];
    if (!name) faults.push(required(`${at}.name`));
    else if (names.has(name)) faults.push(duplicate(`${at}.name`, name));
    else faults.push(...faultsOf(`${at}.name`, name, dns1123Label(name)));
    if (name) names.add(name);
    const asGo = {
      Name: name ?? '',
      ResourceClaimName: resourceClaimName ?? null,
      ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
    };
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined)
      faults.push(invalidValue(at, asGo, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      faults.push(invalidValue(at, asGo, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    for (const [field, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName }))
      if (value !== undefined) faults.push(...faultsOf(`${at}.${field}`, value, dns1123Subdomain(value)));
    return faults;
  });
}
