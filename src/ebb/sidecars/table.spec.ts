import { describe, expect, it } from '@jest/globals';
import { type Sidecar, SIDECARS } from './table.js';

/** Where each is asked, written out: the tests of the calls ask elsewhere, and a typo in a default would go unseen. */
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  envoy: ['http://127.0.0.1:9901'],
  istio: ['http://127.0.0.1:15000'],
  linkerd: ['http://127.0.0.1:4191'],
  dapr: ['http://127.0.0.1:3500'],
  'cloud-sql-proxy': ['http://127.0.0.1:9090', 'http://127.0.0.1:9091'],
  consul: ['http://127.0.0.1:19000', 'http://127.0.0.1:20300'],
  'otel-collector': ['http://127.0.0.1:13133'],
  vault: ['http://127.0.0.1:8200'],
};

const rows = Object.entries<Sidecar>(SIDECARS);

describe('the table of sidecars', () => {
  it('has each where its product listens by default', () => {
    const addresses = rows.map(([name, { url, quitUrl }]) => [name, quitUrl === undefined ? [url] : [url, quitUrl]]);
    expect(Object.fromEntries(addresses)).toEqual(ADDRESSES);
  });

  // SIDECAR_CLOUD_SQL_PROXY_URL must lead back to one row, and a list must be able to hold the name.
  it.each(rows)('has a name that an environment can hold: %s', (name) => {
    expect(name).toMatch(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/);
  });

  it.each(rows)('of %s asks paths, takes only success for a yes, and says where that was read', (_name, row) => {
    const calls = [row.ready, row.drain, row.quit, row.clients].filter((call) => call !== undefined);
    expect(calls.length).toBeGreaterThan(0);
    for (const { path, statuses } of calls) {
      expect(path).toMatch(/^\//);
      expect(statuses.length).toBeGreaterThan(0);
      expect(statuses.filter((status) => status < 200 || status > 299)).toEqual([]);
    }
    expect(row.source).toMatch(/\d/);
    expect(row.seconds).toBeGreaterThanOrEqual(0);
  });

  it.each(rows)(
    'of %s drains and counts only what carries inbound traffic, and never by what ends it',
    (_name, row) => {
      const isForInbound = row.drain !== undefined || row.clients !== undefined;
      expect(row.carriesInbound || !isForInbound).toBe(true);
      expect(row.drain?.path).not.toBe(row.quit?.path ?? '');
      // What changes something is never asked by GET, which a proxy or a person may ask twice.
      expect([row.drain, row.quit].flatMap((call) => call?.method ?? 'POST')).toEqual(['POST', 'POST']);
    },
  );
});
