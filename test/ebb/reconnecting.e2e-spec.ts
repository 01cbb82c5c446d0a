/**
 * Clients as pages and services have them, which come back by themselves: Chromium, `eventsource` and the EventSource of undici, at two
 * pods behind what a Service does. Each event has its number, so that a client that missed one shows it.
 */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { EventSource } from 'eventsource';
import { EventSource as UndiciEventSource } from 'undici';
import { until } from '../../tools/lib/processes/until.js';
import { Balancer } from './support/balancer.js';
import { Page, whyNoPage } from './support/page.js';
import { app, CLEAN, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(60_000);

let balancer: Balancer | undefined;

afterEach(endServices);
afterEach(() => balancer?.close());

const LAME_DUCK = { LAME_DUCK_SECONDS: '2', PROPAGATION_SECONDS: '2' };

const twoPods = (reportsTo: string) =>
  Promise.all([0, 1].map(() => Service.start({ args: app('page', reportsTo), env: LAME_DUCK })));

const describeWithPage = whyNoPage() === undefined ? describe : describe.skip;

/** Whether each number is the one after the one before it. */
function isUnbroken(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1);
}

describeWithPage(`a page in Chromium ${whyNoPage() ?? ''}`, () => {
  it('moves to another pod with its WebSocket and its EventSource, and misses nothing', async () => {
    const page = await Page.listen();
    try {
      const [first, second] = (await twoPods(page.reportsTo)) as [Service, Service];
      balancer = await Balancer.listen(first.port);
      page.open(`http://127.0.0.1:${balancer.port}/page`);
      await page.until('the socket at the first pod', ({ socketOf }) => socketOf === first.pid);
      await page.until('an event of the first pod', ({ from }) => from === first.pid);
      // As the endpoints are, soon after the pod is told.
      first.kill('SIGTERM');
      await first.event('shutdown.initiated');
      balancer.target = second.port;
      await page.until('the socket at the second pod', ({ socketOf }) => socketOf === second.pid);
      const { ticks } = await page.until('an event of the second pod', ({ from }) => from === second.pid);
      expect(await first.exited).toEqual(CLEAN);
      expect(page.reports.filter(({ code }) => code !== undefined)).toEqual([{ code: 1001, wasClean: true }]);
      expect(page.reports.filter(({ isClosedForGood }) => isClosedForGood !== undefined)).toEqual([
        { isClosedForGood: false },
      ]);
      expect(isUnbroken(ticks as number[])).toBe(true);
    } finally {
      await page.close();
    }
  });
});

interface EventStream {
  addEventListener(kind: 'message', listener: (event: { data?: unknown; lastEventId?: string }) => void): void;
  close(): void;
}

describe.each([
  ['eventsource', EventSource],
  ['undici', UndiciEventSource],
] as const satisfies [string, new (url: string) => EventStream][])('the EventSource of %s', (_, Source) => {
  it('moves to another pod and misses nothing', async () => {
    const [first, second] = (await twoPods('http://127.0.0.1:9')) as [Service, Service];
    balancer = await Balancer.listen(first.port);
    const source: EventStream = new Source(`http://127.0.0.1:${balancer.port}/ticks`);
    const heard: { readonly tick: number; readonly pod: number }[] = [];
    source.addEventListener('message', (event: { data?: unknown; lastEventId?: string }) => {
      const { pid } = JSON.parse(String(event.data)) as { readonly pid: number };
      heard.push({ tick: Number(event.lastEventId), pod: pid });
    });
    const heardOf = (pod: Service) =>
      until(
        'events of a pod',
        () => heard.filter((one) => one.pod === pod.pid).length > 10 || undefined,
        () => false,
        () => JSON.stringify(heard),
      );
    await heardOf(first);
    first.kill('SIGTERM');
    await first.event('shutdown.initiated');
    balancer.target = second.port;
    await heardOf(second);
    source.close();
    expect(await first.exited).toEqual(CLEAN);
    expect(isUnbroken(heard.map(({ tick }) => tick))).toBe(true);
    // It came once to each: never back to the pod that had told it to go.
    expect(balancer.taken).toEqual([first.port, second.port]);
  });
});
