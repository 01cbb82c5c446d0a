import { Controller, Headers, type MessageEvent, Sse } from '@nestjs/common';
import { concatMap, defer, map, type Observable, range, timer } from 'rxjs';

const EVERY_MS = 1_000;

/** What is made up for at most: a client that was away for longer misses something. */
const MOST_MISSED = 60;

@Controller('ticks')
export class TickerController {
  /** One event each second. A client that comes back has those that it missed first, from whichever pod it is. */
  @Sse()
  ticks(@Headers('last-event-id') lastEventId?: string): Observable<MessageEvent> {
    return defer(() => {
      let sent = lastOf(lastEventId);
      return timer(0, EVERY_MS).pipe(
        concatMap(() => {
          const first = sent + 1;
          sent = currentTick();
          return range(first, Math.max(sent - first + 1, 0));
        }),
        map((tick) => ({ id: String(tick), data: { tick } })),
      );
    });
  }
}

/** The same in all pods: it is the clock's. */
function currentTick(): number {
  return Math.floor(Date.now() / EVERY_MS);
}

function lastOf(lastEventId: string | undefined): number {
  const now = currentTick();
  const last = /^\d{1,12}$/.test(lastEventId ?? '') ? Number(lastEventId) : now - 1;
  return Math.min(Math.max(last, now - MOST_MISSED), now);
}
