/** A page with a WebSocket and an EventSource: `page URL`, to which the page reports what it sees. */
import { Controller, Get, Header, Headers, type MessageEvent, Module, Sse } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { concatMap, defer, map, type Observable, range, timer } from 'rxjs';
import { defineApp } from '#ebb';

const EVERY_MS = 50;

const page = `<!doctype html><title>page</title><script>
const report = (what) => fetch('${process.argv[3]}', { method: 'POST', mode: 'no-cors', body: JSON.stringify(what) });
function connect() {
  const socket = new WebSocket('ws://' + location.host + '/socket');
  socket.onopen = () => socket.send(JSON.stringify({ event: 'who', data: {} }));
  socket.onmessage = ({ data }) => report({ socketOf: JSON.parse(data).data });
  socket.onclose = ({ code, wasClean }) => {
    report({ code, wasClean });
    setTimeout(connect, 100);
  };
}
connect();
const source = new EventSource('/ticks');
const ticks = [];
source.onmessage = ({ data, lastEventId }) => {
  ticks.push(Number(lastEventId));
  // All of them each time: reports may overtake each other.
  report({ ticks, from: JSON.parse(data).pid });
};
source.onerror = () => report({ isClosedForGood: source.readyState === EventSource.CLOSED });
</script>`;

@Controller()
class PageController {
  @Get('page')
  @Header('Content-Type', 'text/html')
  page(): string {
    return page;
  }

  /** Numbered by the clock, so that a client can tell whether it missed one. */
  @Sse('ticks')
  ticks(@Headers('last-event-id') last?: string): Observable<MessageEvent> {
    return defer(() => {
      let sent = Number(last ?? currentTick() - 1);
      return timer(0, EVERY_MS).pipe(
        concatMap(() => {
          const first = sent + 1;
          sent = currentTick();
          return range(first, Math.max(sent - first + 1, 0));
        }),
        map((tick) => ({ id: String(tick), data: { pid: process.pid } })),
      );
    });
  }
}

function currentTick(): number {
  return Math.floor(Date.now() / EVERY_MS);
}

@WebSocketGateway({ path: '/socket' })
class WhoGateway {
  @SubscribeMessage('who')
  who(): { event: string; data: number } {
    return { event: 'pod', data: process.pid };
  }
}

@Module({ controllers: [PageController], providers: [WhoGateway] })
class PageModule {}

export default defineApp({
  imports: [PageModule],
  // The page's scripts and where they report to.
  http: { helmet: false },
  setup(app) {
    app.useWebSocketAdapter(new WsAdapter(app));
  },
});
