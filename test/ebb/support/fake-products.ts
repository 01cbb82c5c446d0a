/**
 * The products of the table of sidecars as fakes: what each is asked, written out. Read from the table, a typo in the table
 * would go unseen.
 */
import type { SidecarName } from '../../../src/ebb/sidecars/table.js';
import { answers, type Behaviour, FakeSidecar } from './fake-sidecar.js';

export interface Product {
  readonly name: SidecarName;
  readonly ready?: string;
  readonly drain?: string;
  readonly quit?: string;
  /** What the two say where it is not 200. */
  readonly yes?: number;
  /** Whether it is told to quit at another port. */
  readonly hasQuitPort?: true;
  /** What the moment `sidecars.draining` says of it; absent where no request comes through it. */
  readonly told?: string;
}

export const ENVOY = {
  ready: 'GET /ready',
  drain: 'POST /drain_listeners?graceful&skip_exit',
  quit: 'POST /quitquitquit',
};

/** The question who is connected to Envoy. */
export const CLIENTS = String.raw`GET /stats?filter=^http\.inbound.*\.downstream_cx_(active|total)$`;

export const ISTIO = {
  ready: 'GET /ready',
  drain: 'POST /drain_listeners?inboundonly&graceful&skip_exit',
  quit: 'POST /quitquitquit',
};

export const CONSUL = {
  ready: 'GET /ready',
  drain: 'POST /drain_listeners?inboundonly&graceful&skip_exit',
  quit: 'POST /graceful_shutdown',
};

export const PRODUCTS: readonly Product[] = [
  { name: 'envoy', ...ENVOY, told: 'yes' },
  { name: 'istio', ...ISTIO, told: 'yes' },
  { name: 'linkerd', ready: 'GET /ready', quit: 'POST /shutdown', told: 'has no call to drain' },
  {
    name: 'dapr',
    ready: 'GET /v1.0/healthz/outbound',
    quit: 'POST /v1.0/shutdown',
    yes: 204,
    told: 'has no call to drain',
  },
  { name: 'cloud-sql-proxy', ready: 'GET /startup', quit: 'POST /quitquitquit', hasQuitPort: true },
  { name: 'consul', ...CONSUL, hasQuitPort: true, told: 'yes' },
  { name: 'otel-collector', ready: 'GET /' },
  { name: 'vault', quit: 'POST /agent/v1/quit' },
];

/** Starts a fake of each product that answers as it does when all is well. */
export async function allWell(): Promise<Record<SidecarName, FakeSidecar>> {
  const fakes = await Promise.all(
    PRODUCTS.map(async ({ name, ready = '', drain = '', quit = '', yes = 200 }) => {
      const fake = await FakeSidecar.start();
      return [name, fake.on(ready, answers(yes)).on(drain, answers(200)).on(quit, answers(yes))] as const;
    }),
  );
  return Object.fromEntries(fakes) as Record<SidecarName, FakeSidecar>;
}

/** Lines of Envoy's statistics, in its words. */
export function clients(connected: number, everConnected: number): Behaviour {
  return answers(
    200,
    `http.inbound.downstream_cx_active: ${connected}\nhttp.inbound.downstream_cx_total: ${everConnected}\n`,
  );
}

/** A fake Envoy that is well and has one client. */
export async function envoy(): Promise<FakeSidecar> {
  const fake = await FakeSidecar.start();
  return fake.on(ENVOY.ready, answers(200)).on(ENVOY.drain, answers(200)).on(CLIENTS, clients(1, 7));
}
