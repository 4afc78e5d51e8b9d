import { expect, test } from 'vitest';
import { ensureDockerRules, removeDockerRules } from './docker-rules.ts';
import type { Programs } from './nft.ts';

/** A chain of iptables: a list of rules, printed as it prints them. */
function chain(rules: string[] | undefined) {
  const programs: Programs = {
    nft: async () => {},
    async run(_program, _wait, _seconds, command, _chain, ...rule) {
      if (!rules) throw new Error('iptables: No chain/target/match by that name.');
      const line = `-A DOCKER-USER ${rule.map((it) => (it.includes(' ') ? `"${it}"` : it)).join(' ')}`;
      if (command === '-I') rules.unshift(line);
      if (command === '-D') rules.splice(rules.indexOf(line), 1);
      return ['-N DOCKER-USER', ...rules].join('\n');
    },
  };
  return { rules, programs };
}
const rule = (way: string, bridge: string, cluster: string): string =>
  `-A DOCKER-USER ${way} ${bridge} -m conntrack --ctstate DNAT -m comment --comment "peapod ${cluster}" -j ACCEPT`;
const rest = '-A DOCKER-USER -j RETURN';

test('both ways are let through, once, before what was there', async () => {
  const { rules, programs } = chain([rule('-i', 'br-9', 'b'), rest]);
  for (let i = 0; i < 2; i++) await ensureDockerRules('br-1', 'a', programs);
  expect(rules).toEqual([rule('-i', 'br-1', 'a'), rule('-o', 'br-1', 'a'), rule('-i', 'br-9', 'b'), rest]);
});

test('another bridge takes the place of the one before', async () => {
  const { rules, programs } = chain([rule('-i', 'br-1', 'a'), rule('-o', 'br-1', 'a'), rest]);
  await ensureDockerRules('br-2', 'a', programs);
  expect(rules).toEqual([rule('-i', 'br-2', 'a'), rule('-o', 'br-2', 'a'), rest]);
});

test('those of the cluster go, others stay; where there is no chain there is nothing to do', async () => {
  const { rules, programs } = chain([rule('-i', 'br-1', 'a'), rule('-o', 'br-1', 'a'), rule('-i', 'br-9', 'ab'), rest]);
  await removeDockerRules('a', programs);
  expect(rules).toEqual([rule('-i', 'br-9', 'ab'), rest]);
  const none = chain(undefined);
  await ensureDockerRules('br-1', 'a', none.programs);
  await removeDockerRules('a', none.programs);
});
