import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from '@prometheus-io/client';
import { OtherRegistries } from './other-registries.js';
import { Connections } from '../http/connections.js';
import { PHASES, Phases } from '../lifecycle/phases.js';

/**
 * What Prometheus scrapes. Read when it asks, so that serving a request pays for none of it.
 *
 * A feature adds a metric with `new Counter({ name, help, registers: [metrics.registry] })`. One of the client's default
 * registry is rendered too, and so is one of `prom-client`, the client's former name, which libraries still use.
 */
@Injectable()
export class Metrics {
  /** Ebb's metrics, and the features'. */
  readonly registry = new Registry();
  readonly #others = new OtherRegistries(this.registry);

  constructor(phases: Phases, connections: Connections) {
    collectDefaultMetrics({ register: this.registry });
    this.registry.registerMetric(
      new Gauge({
        name: 'ebb_phase',
        help: 'The phase of the pod: 1 for the current one, 0 for the others.',
        labelNames: ['phase'],
        registers: [],
        collect() {
          for (const phase of PHASES) {
            this.set({ phase }, phase === phases.current ? 1 : 0);
          }
        },
      }),
    );
    this.registry.registerMetric(
      new Counter({
        name: 'ebb_requests_total',
        help: 'Requests answered on the public listener.',
        registers: [],
        collect() {
          this.reset();
          this.inc(connections.tally.finished);
        },
      }),
    );
    this.registry.registerMetric(
      new Gauge({
        name: 'ebb_requests_in_flight',
        help: 'Requests accepted on the public listener and not answered yet.',
        registers: [],
        collect() {
          this.set(connections.inFlightCount);
        },
      }),
    );
    this.registry.registerMetric(
      new Counter({
        name: 'ebb_connections_refused_total',
        help: 'Connections that the public listener refused because it had as many open as it may.',
        registers: [],
        collect() {
          this.reset();
          this.inc(connections.tally.refused);
        },
      }),
    );
    this.registry.registerMetric(
      new Gauge({
        name: 'ebb_connections_open',
        help: 'Connections that clients have open to the public listener.',
        registers: [],
        collect() {
          this.set(connections.open);
        },
      }),
    );
  }
  /** All metrics in Prometheus' text format. */
  async render(): Promise<string> {
    return `${await this.registry.metrics()}${await this.#others.render()}`;
  }
}
