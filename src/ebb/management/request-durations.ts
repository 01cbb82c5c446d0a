import { Histogram } from '@prometheus-io/client';
import { BUCKETS, type Durations } from '../http/durations.js';

const NAME = 'http_server_request_duration_seconds';
const HELP = 'Seconds from a request on the public listener to the end of its answer.';

/**
 * How long requests took, as Prometheus reads it. The client's own histogram looks up its labels for every request; this one reads
 * what {@link Durations} has counted.
 */
export class RequestDurations extends Histogram<'le'> {
  constructor(private readonly durations: Durations) {
    super({
      name: NAME,
      help: HELP,
      buckets: [...BUCKETS],
      registers: [],
    });
  }

  override get(): Promise<Awaited<ReturnType<Histogram<'le'>['get']>>> {
    const { counts, sum } = this.durations;
    let total = 0;
    const buckets = counts.map((count, index) => {
      total += count;
      return { metricName: `${NAME}_bucket`, labels: { le: BUCKETS[index] ?? '+Inf' }, value: total };
    });
    return Promise.resolve({
      name: NAME,
      help: HELP,
      type: 'histogram',
      aggregator: 'sum',
      collect: () => undefined,
      values: [
        ...buckets,
        { metricName: `${NAME}_sum`, labels: {}, value: sum },
        { metricName: `${NAME}_count`, labels: {}, value: total },
      ],
    });
  }

  /** What the registry asks in the place of {@link get} where it is there. */
  getForPromString(): ReturnType<RequestDurations['get']> {
    return this.get();
  }
}
