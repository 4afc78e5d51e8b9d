import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The process's metrics. Names are `peapod_<part>_<what>_<unit>`; label sets are small and closed. */
export interface Metrics {
  counter(name: string, help: string, labels?: string[]): Counter;
  gauge(name: string, help: string, labels?: string[], collect?: (gauge: Gauge) => void): Gauge;
  histogram(name: string, help: string, labels: string[], buckets: number[]): Histogram;
  /** Everything in the Prometheus text format. */
  text(): Promise<string>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    gauge: (name, help, labelNames = [], collect) =>
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        ...(collect && {
          collect() {
            collect(this as Gauge);
          },
        }),
      }),
    histogram: (name, help, labelNames, buckets) => new Histogram({ name, help, labelNames, buckets, registers }),
    text: () => registry.metrics(),
  };
}
