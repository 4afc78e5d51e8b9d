import { parseLabelSelector } from '../../meta/parse-label-selector.ts';
import type { Requirement } from '../../meta/selector.ts';
import { CommandError } from '../command.ts';
import { number, onOff, text } from '../grammar/flags.ts';
import { createFlags, createMade, oneName } from './create-from.ts';
import { amountsOf } from './set-resources.ts';
import { verb } from './verb.ts';

export const createQuota = verb({
  name: 'quota',
  aliases: ['resourcequota'],
  summary: 'Create a quota',
  usage: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
  flags: { ...createFlags, hard: text('The most there may be: pods=3,cpu=2'), scopes: text('What it counts: BestEffort,NotTerminating') },
  async run(context) {
    const { hard, scopes } = context.flags;
    const name = oneName(context, 'create quota');
    const spec = { ...(hard && { hard: amountsOf(hard) }), ...(scopes && { scopes: scopes.split(',') }) };
    await createMade(context, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec, status: {} });
    return 0;
  },
});

export const createDisruptionBudget = verb({
  name: 'poddisruptionbudget',
  aliases: ['pdb'],
  summary: 'Create a pod disruption budget',
  usage: 'NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
  flags: {
    ...createFlags,
    selector: text('Labels of the pods it is about'),
    minAvailable: text('How many, or how many percent, must stay'),
    maxUnavailable: text('How many, or how many percent, may be away'),
  },
  async run(context) {
    const { selector = '', minAvailable = '', maxUnavailable = '' } = context.flags;
    const name = oneName(context, 'create poddisruptionbudget');
    if (selector === '') throw new CommandError('a selector must be specified');
    if (minAvailable === '' && maxUnavailable === '') throw new CommandError('one of min-available or max-unavailable must be specified');
    if (minAvailable !== '' && maxUnavailable !== '') throw new CommandError('min-available and max-unavailable cannot be both specified');
    const [flag, field, given] =
      minAvailable !== '' ? ['min-available', 'minAvailable', minAvailable] : ['max-unavailable', 'maxUnavailable', maxUnavailable];
    if (!/^[0-9]+%?$/.test(given)) throw new CommandError(`invalid format specified for ${flag}`);
    const amount = given.endsWith('%') ? given : Number(given);
    await createMade(context, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: { [field]: amount, selector: selectorObject(selector) },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    });
    return 0;
  },
});

const operators: Partial<Record<Requirement['operator'], string>> = { in: 'In', notin: 'NotIn', exists: 'Exists', absent: 'DoesNotExist' };

/** A selector of a command line as objects have it. */
function selectorObject(text: string): object {
  if (text.includes('!=')) throw new CommandError('"!=" is not a valid label selector operator');
  const labels: Record<string, string> = {};
  const expressions: object[] = [];
  for (const { key, operator, values } of parseLabelSelector(text)) {
    if (operator === 'in' && values.length === 1 && !text.includes(' in ')) labels[key] = values[0] as string;
    else if (operators[operator]) expressions.push({ key, operator: operators[operator], ...(values.length > 0 && { values }) });
    else throw new CommandError(`${JSON.stringify(operator)} is not a valid label selector operator`);
  }
  return {
    ...(Object.keys(labels).length > 0 && { matchLabels: labels }),
    ...(expressions.length > 0 && { matchExpressions: expressions }),
  };
}

export const createPriorityClass = verb({
  name: 'priorityclass',
  aliases: ['pc'],
  summary: 'Create a priority class',
  usage: 'NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
  flags: {
    ...createFlags,
    value: number('The higher, the more important'),
    globalDefault: onOff('That of pods that name none'),
    description: text('When it is to be used'),
    preemptionPolicy: text('PreemptLowerPriority (default) or Never'),
  },
  async run(context) {
    const { value = 0, globalDefault = false, description, preemptionPolicy = 'PreemptLowerPriority' } = context.flags;
    const name = oneName(context, 'create priorityclass');
    await createMade(
      context,
      {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name },
        ...(description && { description }),
        ...(globalDefault && { globalDefault }),
        preemptionPolicy,
        value,
      },
      { namespaced: false },
    );
    return 0;
  },
});
