import { address, hash, suffix } from './step.ts';

const changes: ReadonlyArray<[RegExp, string]> = [
  // kubectl 1.20 hashed the names of generated objects too.
  [/example-redis-config-[a-z0-9]{10}/g, 'example-redis-config-HASH'],
  [new RegExp(`-${hash}-${suffix}\\b`, 'g'), '-HASH-END'],
  [new RegExp(`-${hash}\\b(?=[ "\\n]|$)`, 'gm'), '-HASH'],
  [new RegExp(`kube-api-access-${suffix}\\b`, 'g'), 'kube-api-access-END'],
  [/pod-template-hash=\w+/g, 'pod-template-hash=HASH'],
  [new RegExp(`<pending>|\\b${address}\\b`, 'g'), 'ADDRESS'],
  [/\b(\d+):[1-6]\d{4}\/(TCP|UDP)/g, '$1:NODEPORT/$2'],
  [/(NodePort: +\S+ +)\d+/g, '$1NODEPORT'],
  [/docker:\/\/[0-9a-f]{64}/g, 'docker://ID'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UID'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'DATE'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'DATE'],
  [/\b(\d+d)?(\d+h)?(\d+m)?\d+s\b|\b\d+[dhm]\b/g, 'AGE'],
  [/REDACTED/g, 'DATA+OMITTED'],
  [/\(x\d+ over AGE\)/g, ''],
  [/[ \t]+/g, ' '],
  [/ $/gm, ''],
];

/** What stays of an output when names by chance, addresses, times and the width of columns are left out. */
export const shapeOf = (output: string, namespace: string): string =>
  changes.reduce((text, [from, to]) => text.replaceAll(from, to), output.replaceAll(namespace, 'NAMESPACE'));

/** Where two texts part, for whoever must find out why; undefined where they do not. */
export function difference(wanted: string, got: string): string | undefined {
  if (wanted === got) return undefined;
  const [a, b] = [wanted.split('\n'), got.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  const line = at < 0 ? a.length : at;
  return `line ${line + 1} is\n  ${b[line] ?? '(nothing)'}\nand not\n  ${a[line] ?? '(nothing)'}`;
}
