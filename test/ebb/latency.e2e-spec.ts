/** How fast, not only that: runs alone on the machine (see `npm test`), because the limits are part of the promise. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { keepAlive, send } from './support/http-client.js';
import { inFlight, openConnections } from './support/metrics.js';
import { RawSocket } from './support/raw-socket.js';
import { CLEAN, endServices, Service } from './support/service.js';

afterEach(endServices);

describe('readiness', () => {
  it('is red within 50 ms of SIGTERM, while liveness stays green and other routes answer 200', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '5' } });
    const [probe, client] = [keepAlive(), keepAlive()];
    const warm = await Promise.all([
      send(service.managementPort, '/readyz', { agent: probe }),
      send(service.port, '/a', { agent: client }),
    ]);
    expect(warm.map(({ status }) => status)).toEqual([200, 200]);

    const killedAt = performance.now();
    service.kill('SIGTERM');
    let status = 0;
    while (status !== 503) {
      ({ status } = await send(service.managementPort, '/readyz', { agent: probe }));
    }
    const redAfterMs = performance.now() - killedAt;

    expect(await send(service.managementPort, '/livez', { agent: probe })).toMatchObject({ status: 200 });
    expect(await send(service.port, '/a', { agent: client })).toMatchObject({ status: 200 });
    expect(redAfterMs).toBeLessThan(50);
  });
});

describe('the exit', () => {
  it('of an idle pod whose preStop covers the propagation comes within 300 ms of SIGTERM', async () => {
    const env = { PRE_STOP_SECONDS: '10', PROPAGATION_SECONDS: '5', LAME_DUCK_SECONDS: '5' };
    const service = await Service.start({ env });
    const killedAt = performance.now();
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(performance.now() - killedAt).toBeLessThan(300);
  });

  it('comes within 0.5 s of the answer to the last request', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '1' } });
    const agent = keepAlive();
    await send(service.port, '/a', { agent });
    const answer = send(service.port, '/?delay=2.5', { agent });
    await inFlight(service, 1);
    service.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200 });
    const answeredAt = performance.now();
    expect(await service.exited).toEqual(CLEAN);
    expect(performance.now() - answeredAt).toBeLessThan(500);
  });

  it('comes within 0.5 s of the end of the lame duck when clients are connected and silent', async () => {
    const service = await Service.start({ env: { LAME_DUCK_SECONDS: '1' } });
    await send(service.port, '/a', { agent: keepAlive() });
    await RawSocket.open(service.port);
    await openConnections(service, 2);
    const killedAt = performance.now();
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(performance.now() - killedAt).toBeLessThan(1_500);
  });
});
