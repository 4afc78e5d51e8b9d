import type { Io } from './io.ts';

/**
 * Steps of something that takes a while. On a terminal the step under way is shown, with the seconds once it lasts
 * longer than one; elsewhere there is a line for each step that is done, and one for each that lasts.
 */
export type Progress = {
  /** This is what is being done now. */
  begin(what: string): void;
  /** What was begun is done. */
  done(what: string): void;
  /** What was begun will not be done: its line goes. */
  stop(): void;
};

export function createProgress(io: Io): Progress {
  const { clock } = io;
  let cancel = (): void => {};
  let shown = false;
  const clear = (): void => {
    cancel();
    cancel = () => {};
    if (shown && io.isTerminal) io.write('\r\x1b[K');
    shown = false;
  };
  return {
    begin(what) {
      clear();
      const began = clock.now();
      const show = (): void => {
        const seconds = Math.floor((clock.now() - began) / 1000);
        if (io.isTerminal) io.write(`\r\x1b[K… ${what}${seconds > 0 ? ` (${seconds} s)` : ''}`.slice(0, io.columns() + 4));
        else if (seconds > 0 && seconds % 10 === 1) io.print(`… ${what}`);
        shown = true;
        cancel = clock.schedule(1_000, show);
      };
      if (io.isTerminal) show();
      else cancel = clock.schedule(1_000, show);
    },
    done(what) {
      clear();
      io.print(`✓ ${what}`);
    },
    stop: clear,
  };
}
