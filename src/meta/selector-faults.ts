import { type FieldError, forbidden, invalidValue, required } from './field-error.ts';
import { labelValue, qualifiedName } from './names.ts';
import { validateLabels } from './object-meta.ts';
import type { LabelSelector } from './types.ts';

/** Faults of a label selector, wherever it stands (apimachinery, meta/v1/validation). */
export function labelSelectorFaults(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (!selector) return [];
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((it, i) => expressionFaults(it, `${path}.matchExpressions[${i}]`)),
  ];
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

function expressionFaults({ key = '', operator, values }: Partial<Expression>, path: string): FieldError[] {
  const faults = qualifiedName(key).map((it) => invalidValue(`${path}.key`, key, it));
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (!values?.length) faults.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values?.length) faults.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    default:
      faults.push(invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
  }
  for (const [i, value] of (values ?? []).entries())
    faults.push(...labelValue(value).map((it) => invalidValue(`${path}.values[${i}]`, value, it)));
  return faults;
}
