import { command, messageOf } from '../command.ts';
import { diagnose } from '../doctor/checks.ts';
import type { Finding } from '../doctor/facts.ts';
import { readHost } from '../doctor/read-host.ts';
import type { ClusterEdge, EngineFacts } from '../edges.ts';
import { runningProcess } from '../process/pid-file.ts';

const marks: Readonly<Record<Finding['level'], string>> = { fine: '✓', limited: '!', broken: '✗' };

export const doctor = command({
  name: 'doctor',
  summary: 'Check what a cluster needs here, and say what will not work and why',
  details: '✓ works, ! works in part, ✗ keeps a cluster from running. Ends with 1 when there is a ✗. Changes nothing.',
  settings: 'all',
  flags: {},
  async run({ io, cluster }) {
    const edge = await cluster();
    const record = await runningProcess(edge.dataDir);
    const running = record !== undefined;
    const engine = await askEngine(edge);
    const host = await readHost({
      dataDir: edge.dataDir,
      host: edge.host,
      port: edge.port,
      portIsOurs: running,
      frontPorts: edge.frontPorts,
      ownProcess: record?.pid,
      engine: typeof engine === 'string' ? undefined : engine,
    });
    const findings = diagnose({
      platform: process.platform,
      nodeVersion: process.version,
      isRoot: process.getuid?.() === 0,
      engine,
      engineHost: edge.engineHost,
      cluster: { ...edge, running },
      host,
    });
    for (const { level, what, advice } of findings) {
      io.print(`${marks[level]} ${what}`);
      if (advice) io.print(`    ${advice}`);
    }
    return findings.some(({ level }) => level === 'broken') ? 1 : 0;
  },
});

async function askEngine(edge: ClusterEdge): Promise<EngineFacts | string> {
  try {
    return await edge.engine();
  } catch (error) {
    return messageOf(error);
  }
}
