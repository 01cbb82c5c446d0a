import { hostname } from 'node:os';
import { Controller, Headers, type MessageEvent, Sse } from '@nestjs/common';
import { type Observable, concatMap, interval, range, map, scan, startWith } from 'rxjs';

const TICK_MS = 100;

/** What is replayed at most: a minute. */
const LONGEST_REPLAY = 600;

/**
 * A stream whose events are numbered by the clock, so that any pod goes on where another one has ended, and knows nothing of
 * its clients. An event that is lost is a gap in the numbers.
 */
@Controller('ticks')
export class TicksController {
  @Sse()
  ticks(@Headers('last-event-id') lastId?: string): Observable<MessageEvent> {
    const last = Math.max(Number(lastId) || tickNow() - 1, tickNow() - LONGEST_REPLAY);
    return interval(TICK_MS / 2).pipe(
      startWith(0),
      // A clock that is behind the last pod's has nothing to say yet.
      scan(({ to }) => ({ from: to + 1, to: Math.max(to, tickNow()) }), { from: last, to: last }),
      concatMap(({ from, to }) => range(from, to - from + 1)),
      map((tick) => ({ id: String(tick), data: { pod: hostname() } })),
    );
  }
}

function tickNow(): number {
  return Math.floor(Date.now() / TICK_MS);
}
