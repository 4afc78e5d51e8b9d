import { CommandError } from '../command.ts';

/** `a=b,c=d`. Fails with a CommandError. */
export const labelsMap = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((it) => it !== '')
      .map((it) => {
        const [key = '', value] = it.split('=');
        if (key === '' || value === undefined) throw new CommandError(`unexpected label spec: ${it}`);
        return [key, value];
      }),
  );
