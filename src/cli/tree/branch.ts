/** A line of the tree and what is below it. `ok` is what is wanted, `bad` what will not come right by waiting alone. */
export type Branch = { title: string; state: string; mood: 'ok' | 'bad' | 'busy'; children: readonly Branch[] };

export const together = (branches: readonly Branch[]): Branch['mood'] =>
  branches.some(({ mood }) => mood === 'bad') ? 'bad' : branches.every(({ mood }) => mood === 'ok') ? 'ok' : 'busy';

export const notThere = (title: string): Branch => ({ title, state: 'not there yet', mood: 'busy', children: [] });
