import { send } from './http-client.js';
import type { Service } from './service.js';
import { untilAnswer } from './until-answer.js';

/** The value of a metric without labels. */
async function metric(service: Service, name: string): Promise<number> {
  const { body } = await send(service.managementPort, '/metrics');
  return Number(new RegExp(String.raw`^${name} (\S+)$`, 'm').exec(body)?.[1]);
}

async function untilMetric(service: Service, name: string, value: number): Promise<void> {
  await untilAnswer(
    `${name} to be ${value}`,
    () => metric(service, name),
    (found) => found === value,
  );
}

/** How many connections it has open, and how many it refused. */
export interface ConnectionCounts {
  readonly open: number;
  readonly refused: number;
}

/** Waits until so many connections have reached the service, which takes one per turn of its loop. */
export function connectionsMade(service: Service, least: number): Promise<ConnectionCounts> {
  return untilAnswer(
    `${least} connections`,
    async () => ({
      open: await metric(service, 'ebb_connections_open'),
      refused: await metric(service, 'ebb_connections_refused_total'),
    }),
    ({ open, refused }) => open + refused >= least,
  );
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
