/** A sample to copy: a feature in process, as Nest's own samples test one, with its settings and the whole of Ebb around it. */
import { Test } from '@nestjs/testing';
import type { INestApplication } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EbbModule } from '#ebb';
import app from '../src/app.js';

describe('the counter', () => {
  let service: INestApplication;
  let url: string;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [EbbModule.forTest(app, { COUNTER_DELAY_SECONDS: '0.05' })],
    }).compile();
    service = module.createNestApplication({ logger: false });
    await service.listen(0, '127.0.0.1');
    url = await service.getUrl();
  });

  // Waits for what is in flight, as the pod would.
  afterEach(() => service.close());

  it('counts at once', async () => {
    expect(await (await fetch(`${url}/a`)).json()).toEqual({ num: 1 });
    expect(await (await fetch(`${url}/a`)).json()).toEqual({ num: 2 });
  });

  it('counts after a while, which its setting or the query says', async () => {
    const startedAt = performance.now();
    expect(await (await fetch(url)).json()).toEqual({ num: 1 });
    expect(await (await fetch(`${url}?delay=0.1`)).json()).toEqual({ num: 2 });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(145);
  });

  it.each(['-1', '61', 'soon'])('refuses a delay of %s, and says what it takes', async (delay) => {
    const refused = await fetch(`${url}?delay=${delay}`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ status: 400, detail: expect.stringContaining('from 0 to 60') });
  });
});
