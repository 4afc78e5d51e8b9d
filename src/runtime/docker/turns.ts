/** Lets at most `places` pieces of work run at a time, in the order in which they came. */
export function inTurns(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: Array<() => void> = [];
  let free = places;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed on as it is: nobody can slip in between.
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
