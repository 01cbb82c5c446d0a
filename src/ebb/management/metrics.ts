import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from '@prometheus-io/client';
import { OtherRegistries } from './other-registries.js';
import { Connections } from '../http/connections.js';
import { PHASES, Phases } from '../lifecycle/phases.js';
import { RequestDurations } from './request-durations.js';

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
    this.registry.registerMetric(new RequestDurations(connections.durations));
    this.#count('ebb_requests_total', 'Requests answered on the public listener.', () => connections.tally.finished);
    this.#show(
      'ebb_requests_in_flight',
      'Requests accepted on the public listener and not answered yet.',
      () => connections.inFlightCount,
    );
    this.#count(
      'ebb_connections_refused_total',
      'Connections that the public listener refused because it had as many open as it may.',
      () => connections.tally.refused,
    );
    this.#show(
      'ebb_connections_open',
      'Connections that clients have open to the public listener.',
      () => connections.open,
    );
  }

  /** All metrics in Prometheus' text format. */
  async render(): Promise<string> {
    return `${await this.registry.metrics()}${await this.#others.render()}`;
  }

  /** Adds what only ever grows, and is counted elsewhere. */
  #count(name: string, help: string, read: () => number): void {
    const counter = new Counter({
      name,
      help,
      registers: [],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
    this.registry.registerMetric(counter);
  }

  /** Adds what goes up and down. */
  #show(name: string, help: string, read: () => number): void {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    });
    this.registry.registerMetric(gauge);
  }
}
