import type { Credentials } from '../fixtures/cluster/kubeconfig.ts';
import type { Client } from '../../src/client/index.ts';
import type { TestCluster } from '../fixtures/cluster/cluster.ts';
import type { Row } from './table.ts';

/** What a measure works with: a running cluster of its own, and a way to say what is being done. */
export type Bench = { cluster: TestCluster; client: Client; credentials: Credentials; say: (text: string) => void };
export type Measure = (bench: Bench) => Promise<Row[]>;
