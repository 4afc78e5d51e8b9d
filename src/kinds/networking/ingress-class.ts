import { type FieldError, forbidden, invalidValue, notSupported, required, tooLong } from '../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../meta/names.ts';
import { defineKind } from '../define.ts';
import { faultsOf } from '../faults.ts';
import type { IngressClass } from '../generated/networking-v1.ts';

/** The annotation that makes a class the one for ingresses that name none. */
export const isDefaultIngressClass = (it: IngressClass): boolean =>
  it.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';

function controllerFaults(value: string): FieldError[] {
  if (value.length > 250) return [tooLong('spec.controller', 250)];
  const slash = value.indexOf('/');
  if (slash < 1 || slash === value.length - 1)
    return [invalidValue('spec.controller', value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const faults = dns1123Subdomain(value.slice(0, slash));
  return faultsOf('spec.controller', value.slice(0, slash), faults);
}

/** Upstream: pkg/apis/networking/validation, ValidateIngressClass. */
function validate(it: IngressClass, was?: IngressClass): FieldError[] {
  const { controller = '', parameters } = it.spec ?? {};
  const faults: FieldError[] = [];
  if (was && was.spec?.controller !== it.spec?.controller) faults.push(invalidValue('spec.controller', controller, 'field is immutable'));
  if (controller === '' && !was) faults.push(required('spec.controller'));
  else if (controller !== '') faults.push(...controllerFaults(controller));
  if (!parameters) return faults;
  const { apiGroup, kind, name, scope, namespace } = parameters;
  const path = 'spec.parameters';
  if (apiGroup) faults.push(...faultsOf(`${path}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup)));
  for (const [field, value] of Object.entries({ kind, name })) if (!value) faults.push(required(`${path}.${field}`));
  if (!scope) faults.push(required(`${path}.scope`));
  else if (scope !== 'Cluster' && scope !== 'Namespace') faults.push(notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace']));
  if (scope === 'Namespace' && !namespace) faults.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  else if (scope === 'Namespace') faults.push(...faultsOf(`${path}.namespace`, namespace, dns1123Label(namespace ?? '')));
  if (scope === 'Cluster' && namespace !== undefined) faults.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return faults;
}

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
  generation: true,
  defaults: (draft) => {
    if (draft.spec?.parameters) draft.spec.parameters.scope ??= 'Cluster';
  },
  validate,
  columns: [
    { name: 'Controller', type: 'string', value: (it) => it.spec?.controller ?? '' },
    {
      name: 'Parameters',
      type: 'string',
      value: ({ spec }) => {
        const { apiGroup, kind, name } = spec?.parameters ?? {};
        return kind ? `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}` : '<none>';
      },
    },
  ],
});
