import { send } from './http-client.js';
import type { Service } from './service.js';
import { until } from '../../../tools/lib/processes/until.js';

/** The value of a metric without labels. */
async function metric(service: Service, name: string): Promise<number> {
  const { body } = await send(service.managementPort, '/metrics');
  return Number(new RegExp(String.raw`^${name} (\S+)$`, 'm').exec(body)?.[1]);
}

async function untilMetric(service: Service, name: string, value: number): Promise<void> {
  let latest: number | undefined;
  const looking = setInterval(() => {
    metric(service, name).then(
      (found) => (latest = found),
      () => undefined,
    );
  }, 20);
  try {
    await until(
      `${name} to be ${value}`,
      () => (latest === value ? true : undefined),
      () => false,
      () => `It is ${latest}.`,
    );
  } finally {
    clearInterval(looking);
  }
}

/** How many requests the service says that it has answered. */
export function answered(service: Service): Promise<number> {
  return metric(service, 'ebb_requests_total');
}

/** Waits until the service has exactly this many requests in flight: a request that was sent need not have arrived. */
export function inFlight(service: Service, count: number): Promise<void> {
  return untilMetric(service, 'ebb_requests_in_flight', count);
}

/** Waits until clients have exactly this many connections open. */
export function openConnections(service: Service, count: number): Promise<void> {
  return untilMetric(service, 'ebb_connections_open', count);
}
