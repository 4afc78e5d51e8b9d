import { afterAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/kubelet/probes/outcome.ts';

/** How a kind of probe is tried: something that answers well, something that does not, nothing at all. */
export type ProbeTrial = {
  healthy(): Promise<Outcome>;
  sick(): Promise<Outcome>;
  /** What the output then says. */
  sickText: RegExp;
  /** Something that takes a connection and says nothing; the timeout is 200 ms. Absent where that is good enough. */
  silent?: () => Promise<Outcome>;
  silentText?: RegExp;
  /** Nobody listens. Absent where there is no such thing. */
  refused?: () => Promise<Outcome>;
  refusedText?: RegExp;
  close(): Promise<void>;
};

/** What every probe keeps to: an outcome, in time, worded as upstream words it; a failure is no error. */
export function probeContract(name: string, start: () => Promise<ProbeTrial>): void {
  describe(`probe: ${name}`, async () => {
    const trial = await start();
    afterAll(() => trial.close());

    test('succeeds', async () => expect((await trial.healthy()).result).toBe('success'));

    test('fails, and says why', async () => {
      const outcome = await trial.sick();
      expect(outcome.result).toBe('failure');
      expect(outcome.output).toMatch(trial.sickText);
    });

    const { silent, silentText = /./, refused, refusedText = /./ } = trial;
    if (silent) {
      test('runs out of time', async () => {
        const began = performance.now();
        const outcome = await silent();
        expect(outcome.result).toBe('failure');
        expect(outcome.output).toMatch(silentText);
        expect(performance.now() - began).toBeLessThan(2_000);
      });
    }
    if (refused) {
      test('is refused', async () => {
        const outcome = await refused();
        expect(outcome.result).toBe('failure');
        expect(outcome.output).toMatch(refusedText);
      });
    }
  });
}
