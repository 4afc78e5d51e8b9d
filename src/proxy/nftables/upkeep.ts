import { type Clock, minutes, seconds } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { monitor } from '../monitor.ts';
import { bridgeWith, portIn, prepareBridge, preparePort } from './bridge.ts';
import { ensureDockerRules, removeDockerRules } from './docker-rules.ts';
import type { KernelTable } from './kernel-table.ts';
import { foreignChanges } from './foreign-changes.ts';
import type { Programs } from './nft.ts';

type Config = { tableName: string; cluster: string; nodeAddress: string; bridge: string };
type Deps = { table: KernelTable; programs: Programs; clock: Clock; log: Log };

/** Keeps what lies around the table, and the table itself, as services need them: after whoever changed them. */
export interface Upkeep {
  /** Undefined when all is as it should be. */
  fault(): string | undefined;
  stop(): Promise<void>;
}

/** Begins at once, and waits for nothing: the bridge has been made ready before. */
export function startUpkeep(config: Config, { table, programs, clock, log }: Deps): Upkeep {
  const { tableName, cluster, nodeAddress } = config;
  let { bridge } = config;
  let fault: string | undefined;
  let isStopped = false;
  let working: Promise<void> = Promise.resolve();
  let isAsked = false;
  let cancel = (): void => {};
  let cancelSoon: (() => void) | undefined;

  /** Events come in bursts: one look after the other, each after the news that asked for it. */
  function ensure(): void {
    if (isAsked || isStopped) return;
    isAsked = true;
    working = working.then(async () => {
      isAsked = false;
      cancel();
      cancelSoon?.();
      cancelSoon = undefined;
      try {
        await look();
        fault = undefined;
      } catch (error) {
        const { message } = error as Error;
        if (fault !== message) log.warn('the host is not ready for services', { error: message });
        fault = message;
      }
      // Programs other than `nft` may take away what no monitor tells of.
      if (!isStopped) cancel = clock.schedule(minutes(1), ensure);
    });
  }

  async function look(): Promise<void> {
    const now = await bridgeWith(nodeAddress, programs);
    if (now === undefined) throw new Error(`no bridge of this host has ${nodeAddress}: the network of the pods is gone`);
    if (now !== bridge) {
      log.info('the pods have another network interface', { was: bridge, is: now });
      bridge = now;
      await table.rebuild({ bridge });
    }
    await Promise.all([prepareBridge(bridge), ensureDockerRules(bridge, cluster, programs)]);
  }

  const rebuild = (lines: readonly string[]): void => {
    log.warn('the table of services was changed by another program and is made anew', { change: lines[0], lines: lines.length });
    void table.rebuild();
  };
  const isOurTable = (line: string): boolean => line.includes(` ip ${tableName} `) || line.endsWith(` ip ${tableName}`);
  const onNft = foreignChanges(table.isOurs, rebuild, isOurTable);
  // Rules taken away, or the chain made anew by an engine that starts.
  const onDocker = foreignChanges(table.isOurs, ensure, (line) => /^(delete|add chain) .*DOCKER-USER/.test(line));
  const onChange = (line: string): void => {
    onNft(line);
    onDocker(line);
  };
  const monitors = [
    monitor(['nft', 'monitor'], onChange, () => void table.rebuild(), { clock, log }),
    monitor(['ip', '-4', 'monitor', 'link', 'address'], (line) => onLink(line), ensure, { clock, log }),
  ];
  function onLink(line: string): void {
    // The bridge itself: all of it may be another.
    if (line.includes(` ${nodeAddress}/`)) {
      ensure();
      return;
    }
    // The port of a container, told of several times while it starts. A look at everything takes three programs.
    const port = portIn(line, bridge);
    if (port === undefined) return;
    preparePort(bridge, port).catch(ensure);
    cancelSoon ??= clock.schedule(seconds(5), ensure);
  }

  ensure();
  return {
    fault: () => fault ?? table.fault(),
    async stop() {
      isStopped = true;
      cancel();
      cancelSoon?.();
      for (const it of monitors) it.stop();
      await working;
      await removeDockerRules(cluster, programs);
    },
  };
}
