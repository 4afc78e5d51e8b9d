import { expect, test } from 'vitest';
import { StatusError } from '../meta/status-error.ts';
import { CommandError } from './command.ts';
import { ManyFaults, PlainFault, told, WhileDoing } from './faults.ts';

const notFound = new StatusError('NotFound', 'pods "x" not found', { details: { name: 'x', kind: 'pods' } });
const invalid = (causes: Array<{ field?: string; message: string }>) =>
  new StatusError('Invalid', 'Pod "x" is invalid', { details: { kind: 'Pod', name: 'x', causes } });

const cases: Array<[error: unknown, text: string | undefined]> = [
  [notFound, 'Error from server (NotFound): pods "x" not found'],
  [
    new WhileDoing('error when creating "a.yaml"', notFound),
    'Error from server (NotFound): error when creating "a.yaml": pods "x" not found',
  ],
  [new CommandError('no'), 'error: no'],
  [new PlainFault('plain'), 'plain'],
  [new WhileDoing('error when deleting "a"', new CommandError('no')), 'error: error when deleting "a": no'],
  [new ManyFaults([notFound, new CommandError('no')]), 'Error from server (NotFound): pods "x" not found\nerror: no'],
  [invalid([{ field: 'spec.a', message: 'Required value' }]), 'The Pod "x" is invalid: spec.a: Required value'],
  [
    invalid([
      { field: 'spec.a', message: 'Required value' },
      { field: 'spec.b', message: 'Forbidden' },
    ]),
    'The Pod "x" is invalid: \n* spec.a: Required value\n* spec.b: Forbidden',
  ],
  [new StatusError('Unauthorized', 'Unauthorized'), 'error: You must be logged in to the server (Unauthorized)'],
  [new TypeError('oh'), undefined],
];
for (const [error, text] of cases) test(text ?? 'a fault nobody foresaw', () => expect(told(error)).toBe(text));
