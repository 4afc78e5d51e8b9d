import { type FieldError, notSupported, required, tooMany } from '../../../meta/field-error.ts';
import type { Container } from '../../generated/core-v1.ts';

const policies = ['Always', 'Never', 'OnFailure'];
const actions = ['Restart', 'RestartAllContainers'];
const operators = ['In', 'NotIn'];

/** When a container is started anew, by its own policy and by what it ended with (KEP-5307). */
export function restartFaults({ restartPolicy, restartPolicyRules: rules = [] }: Container, path: string): FieldError[] {
  const faults: FieldError[] = [];
  if (restartPolicy === undefined) {
    if (rules.length > 0) faults.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  } else if (!policies.includes(restartPolicy)) faults.push(notSupported(`${path}.restartPolicy`, restartPolicy, policies));
  if (rules.length > 20) faults.push(tooMany(`${path}.restartPolicyRules`, rules.length, 20));
  for (const [i, { action = '', exitCodes }] of rules.entries()) {
    const at = `${path}.restartPolicyRules[${i}]`;
    if (!actions.includes(action)) faults.push(notSupported(`${at}.action`, action, actions));
    if (!exitCodes) {
      faults.push(required(`${at}.exitCodes`, 'must be specified'));
      continue;
    }
    const { operator = '', values = [] } = exitCodes;
    if (!operators.includes(operator)) faults.push(notSupported(`${at}.exitCodes.operator`, operator, operators));
    if (values.length > 255) faults.push(tooMany(`${at}.exitCodes.values`, values.length, 255));
  }
  return faults;
}
