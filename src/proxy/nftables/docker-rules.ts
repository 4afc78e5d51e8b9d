import type { Programs } from './nft.ts';

/**
 * Docker's firewall lets nothing into its bridges from outside but ports it published itself, and nothing from one bridge
 * to another. What we led to a pod is let through, both ways: in the chain that Docker keeps for others' rules, written by
 * the program it writes its own with (a rule written by `nft` there makes the table unreadable to that one).
 */
const chain = 'DOCKER-USER';

const commentOf = (cluster: string): string => `peapod ${cluster}`;

/** Puts the rules back where they are missing. Does nothing where the engine has no such chain. */
export async function ensureDockerRules(bridge: string, cluster: string, programs: Programs): Promise<void> {
  const found = await rulesOf(cluster, programs);
  if (!found) return;
  for (const way of ['-o', '-i']) {
    if (found.some((it) => it[it.indexOf(way) + 1] === bridge && it.includes(way))) continue;
    const led = ['-m', 'conntrack', '--ctstate', 'DNAT', '-m', 'comment', '--comment', commentOf(cluster), '-j', 'ACCEPT'];
    await iptables(programs, '-I', chain, way, bridge, ...led);
  }
  await remove(
    found.filter((it) => !it.includes(bridge)),
    programs,
  );
}

/** Those of the cluster, whatever network interface they speak of. */
export async function removeDockerRules(cluster: string, programs: Programs): Promise<void> {
  await remove((await rulesOf(cluster, programs)) ?? [], programs);
}

/** Our rules in the chain, as arguments; undefined when there is no chain, or no program to read it. */
async function rulesOf(cluster: string, programs: Programs): Promise<string[][] | undefined> {
  let shown: string;
  try {
    shown = await iptables(programs, '-S', chain);
  } catch {
    // An engine that leaves the firewall alone, or writes it otherwise.
    return undefined;
  }
  return shown
    .split('\n')
    .map((line) => (line.match(/"[^"]*"|\S+/g) ?? []).map((it) => it.replaceAll('"', '')))
    .filter((it) => it[0] === '-A' && it.includes(commentOf(cluster)));
}

async function remove(rules: readonly string[][], programs: Programs): Promise<void> {
  for (const [, ...rule] of rules) await iptables(programs, '-D', ...rule);
}

const iptables = ({ run }: Programs, ...args: string[]): Promise<string> => run('iptables', '-w', '5', ...args);
