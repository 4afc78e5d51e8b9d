/**
 * A set of field paths, in the very form managedFields has (FieldsV1): each key is one step of a path, `f:name`,
 * `k:{"name":"web"}`, `v:"a"` or `i:3`. An empty node is a member of the set; a node with steps below it is a member
 * only if it has the key `.` too. The root is no member: an empty one is the empty set.
 * Sets are never changed: what an operation leaves as it was is shared between its operand and its result.
 */
export type FieldSet = { readonly [step: string]: FieldSet };
/** For building a set that nobody else has seen yet. */
export type FieldSetDraft = { [step: string]: FieldSet };

/** The node of a path that is in the set and has nothing below it. */
export const member: FieldSet = Object.freeze({});
export const emptySet: FieldSet = member;
const self = '.';

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

const isMember = (node: FieldSet): boolean => node[self] !== undefined || isEmpty(node);

/** A node out of its parts; undefined when nothing of it is in the set. */
function nodeOf(isIn: boolean, below: FieldSetDraft): FieldSet | undefined {
  if (isEmpty(below)) return isIn ? member : undefined;
  return isIn ? { [self]: member, ...below } : below;
}

/** What is in `a` or in `b`. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return joined(a, b);
}

/** The steps of both. The caller has seen to it that an empty node still counts as a member. */
function joined(a: FieldSet, b: FieldSet): FieldSet {
  let result: FieldSetDraft | undefined;
  for (const step in b) {
    const [inA, inB] = [a[step], b[step] as FieldSet];
    const node = inA === undefined ? inB : unionOfNodes(inA, inB);
    if (node === inA) continue;
    result ??= { ...a };
    result[step] = node;
  }
  return result ?? a;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmpty(b)) return isMember(a) ? a : { [self]: member, ...a };
  if (isEmpty(a)) return isMember(b) ? b : { [self]: member, ...b };
  return joined(a, b);
}

/** What is in `a` and not in `b`: exactly these paths, not what lies below them. `a` itself when nothing goes. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  let result: FieldSetDraft | undefined;
  for (const step in b) {
    if (step === self) continue;
    const inA = a[step];
    if (inA === undefined) continue;
    const left = differenceOfNodes(inA, b[step] as FieldSet);
    if (left === inA) continue;
    result ??= { ...a };
    if (left === undefined) delete result[step];
    else result[step] = left;
  }
  return result ?? a;
}

function differenceOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const leaves = isMember(a) && isMember(b);
  const below = difference(a, b);
  if (below === a && !leaves) return a;
  const { [self]: _, ...steps } = below;
  return nodeOf(isMember(a) && !leaves, steps);
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSetDraft = {};
  for (const step in a) {
    const inB = b[step];
    if (step === self || inB === undefined) continue;
    const inA = a[step] as FieldSet;
    const node = nodeOf(isMember(inA) && isMember(inB), intersection(inA, inB) as FieldSetDraft);
    if (node !== undefined) result[step] = node;
  }
  return result;
}

/** The node below a step, for who walks a value along with a set; undefined when nothing there is in the set. */
export const below = (set: FieldSet, step: string): FieldSet | undefined => set[step];

/** Whether the step itself, not only something below it, is in the set. */
export function has(set: FieldSet, step: string): boolean {
  const node = set[step];
  return node !== undefined && isMember(node);
}

/** Whether something below the step is in the set. */
export function reachesInto(set: FieldSet, step: string): boolean {
  const node = set[step];
  if (node === undefined) return false;
  for (const key in node) if (key !== self) return true;
  return false;
}

/** A set of one path. */
export const setOf = (...path: string[]): FieldSet => path.reduceRight<FieldSet>((node, step) => ({ [step]: node }), member);

/** Every path of the set, as lists of steps, parents first. */
export function pathsOf(set: FieldSet): string[][] {
  return Object.keys(set)
    .filter((step) => step !== self)
    .flatMap((step) => {
      const node = set[step] as FieldSet;
      return [...(isMember(node) ? [[step]] : []), ...pathsOf(node).map((path) => [step, ...path])];
    });
}
