/** Lower goes first: compared place by place. */
export type Order = readonly number[];

/** Lets a limited number of pieces of work run at a time, the most urgent of those that wait first. */
export type StartGate = { run<T>(order: Order, work: () => Promise<T>): Promise<T> };

type Waiting = { order: Order; go(): void };

/** `places`: what the engine bears; more at a time starts nothing sooner. */
export function createStartGate(places: number): StartGate {
  const waiting: Waiting[] = [];
  let free = places;
  const next = (): void => {
    const first = waiting.shift();
    if (first) first.go();
    else free++;
  };
  return {
    async run(order, work) {
      if (free > 0) free--;
      else await new Promise<void>((go) => insert(waiting, { order, go }));
      try {
        return await work();
      } finally {
        next();
      }
    },
  };
}

/** Behind all that are as urgent. */
function insert(waiting: Waiting[], it: Waiting): void {
  let at = waiting.length;
  while (at > 0 && before(it.order, (waiting[at - 1] as Waiting).order)) at--;
  waiting.splice(at, 0, it);
}

function before(a: Order, b: Order): boolean {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
