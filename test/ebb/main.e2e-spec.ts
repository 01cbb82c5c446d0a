/** `src/main.ts` with whatever application `src/app.ts` has: the one thing that the tests with applications of their own leave out. */
import { afterEach, expect, it, jest } from '@jest/globals';
import { send } from './support/http-client.js';
import { CLEAN, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(endServices);

it('serves, answers its probes, and leaves', async () => {
  const service = await Service.start({ args: ['dist/main.js'] });
  for (const path of ['/livez', '/readyz', '/startupz', '/metrics']) {
    expect(await send(service.managementPort, path)).toMatchObject({ status: 200 });
    expect(await send(service.port, path)).toMatchObject({ status: 404 });
  }
  service.kill('SIGTERM');
  expect(await service.exited).toEqual(CLEAN);
});
