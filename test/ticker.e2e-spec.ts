/** The ticker in process, with a client as browsers have it. */
import { Test } from '@nestjs/testing';
import type { INestApplication } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import { EbbModule } from '#ebb';
import { TickerModule } from '../src/features/ticker/ticker.module.js';

describe('the ticker', () => {
  let service: INestApplication;
  let source: EventSource;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [EbbModule.forTest({ imports: [TickerModule] })],
    }).compile();
    service = module.createNestApplication({ logger: false });
    await service.listen(0, '127.0.0.1');
  });

  // Ends the stream, as the pod would.
  afterEach(async () => {
    const ended = new Promise((resolve) => source.addEventListener('error', resolve));
    await service.close();
    await ended;
    source.close();
  });

  /** The first ticks that a client hears which comes with this Last-Event-ID. */
  async function ticks(count: number, lastEventId?: string): Promise<number[]> {
    const url = `${await service.getUrl()}/ticks`;
    source = new EventSource(url, {
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          headers: { ...init.headers, ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }) },
        }),
    });
    const heard: number[] = [];
    await new Promise<void>((resolve) => {
      source.addEventListener('message', ({ lastEventId: id }) => {
        heard.push(Number(id));
        if (heard.length === count) {
          resolve();
        }
      });
    });
    return heard;
  }

  it('ticks each second, without a gap', async () => {
    const [first = 0, ...others] = await ticks(3);
    expect(others).toEqual([first + 1, first + 2]);
  });

  it('sends what a client has missed first, within limits', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const [first = 0, ...others] = await ticks(5, String(now - 5));
    expect(first).toBe(now - 4);
    expect(others).toEqual([first + 1, first + 2, first + 3, first + 4]);
  });

  it.each(['0', '-1', 'x', String(Number.MAX_SAFE_INTEGER)])(
    'takes a Last-Event-ID of %s for no more than a minute',
    async (id) => {
      const now = Math.floor(Date.now() / 1_000);
      const [first = 0] = await ticks(1, id);
      expect(first).toBeGreaterThanOrEqual(now - 60);
      expect(first).toBeLessThanOrEqual(now + 2);
    },
  );
});
