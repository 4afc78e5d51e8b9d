import { badRequest } from './status-error.ts';
import type { LabelSelector } from './types.ts';

type Labels = { [key: string]: string } | undefined;
export type Requirement = { key: string; operator: 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt'; values: string[] };
export type FieldRequirement = { path: string; equal: boolean; value: string };

function meets(requirement: Requirement, labels: Labels): boolean {
  const value = labels && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'gt':
      return value !== undefined && Number(value) > Number(requirement.values[0]);
    case 'lt':
      return value !== undefined && Number(value) < Number(requirement.values[0]);
  }
}

export const matchesRequirements = (requirements: readonly Requirement[], labels: Labels): boolean =>
  requirements.every((it) => meets(it, labels));

/** Every key of `map` has its value in `labels`. An empty map matches everything. */
export const matchesMap = (map: Labels, labels: Labels): boolean =>
  Object.entries(map ?? {}).every(([key, value]) => labels !== undefined && Object.hasOwn(labels, key) && labels[key] === value);

const operators: Record<string, Requirement['operator']> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: 'absent',
  Gt: 'gt',
  Lt: 'lt',
};

/** The requirements of a LabelSelector object (also of node selector terms, which add Gt and Lt). */
export function requirementsOf(selector: LabelSelector): Requirement[] {
  return [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({ key, operator: 'in', values: [value] })),
    ...(selector.matchExpressions ?? []).map(
      (it): Requirement => ({ key: it.key, operator: operators[it.operator] ?? 'exists', values: it.values ?? [] }),
    ),
  ];
}

/** Undefined matches nothing, an empty selector everything (metav1.LabelSelector). */
export const matchesSelector = (selector: LabelSelector | undefined, labels: Labels): boolean =>
  selector !== undefined && matchesRequirements(requirementsOf(selector), labels);

/** The string form that `kubectl -l` takes; sorted by key as upstream prints it. */
export function selectorText(selector: LabelSelector): string {
  const parts = requirementsOf(selector).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return parts
    .map(({ key, operator, values }) => {
      if (operator === 'in')
        return values.length === 1 && selector.matchLabels?.[key] === values[0]
          ? `${key}=${values[0]}`
          : `${key} in (${[...values].sort().join(',')})`;
      if (operator === 'notin') return `${key} notin (${[...values].sort().join(',')})`;
      return operator === 'absent' ? `!${key}` : key;
    })
    .join(',');
}

/** The parts between commas; those behind a backslash do not separate. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === ',') {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)].map((it) => it.trim());
}

/** Reads `metadata.name=web,status.phase!=Running`. Which paths a kind knows is the caller's to check. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  if (text.trim() === '') return [];
  return partsOf(text).map((part) => {
    const match = /^([^=!\s]+)\s*(==|=|!=)(.*)$/s.exec(part);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, path = '', sign, value = ''] = match;
    return { path, equal: sign !== '!=', value: value.replace(/\\([\\,=])/g, '$1') };
  });
}
