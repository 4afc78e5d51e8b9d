export { CommandError } from './command.ts';
export { commands } from './commands/index.ts';
export type {
  ClusterEdge,
  Credentials,
  Edges,
  EngineFacts,
  Environment,
  Removed,
  RunningCluster,
  Settings,
  StartStep,
} from './edges.ts';
export { type Io, processIo } from './io.ts';
export { runCli } from './run.ts';
