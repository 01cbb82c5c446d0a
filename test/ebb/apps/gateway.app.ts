/** Gateways whose handlers take a while and use something that a hook frees: `gateway ws`, `gateway io default`. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CallHandler,
  Controller,
  Get,
  Injectable,
  Module,
  type NestInterceptor,
  type OnModuleDestroy,
  UseInterceptors,
} from '@nestjs/common';
import { MessageBody, type OnGatewayDisconnect, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { interval, map, NEVER, type Observable, tap, timer } from 'rxjs';
import { defineApp } from '#ebb';

const [library, adapter, ownPort] = process.argv.slice(3);

function tell(what: Readonly<Record<string, string>>): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** As a pool of connections to a database. */
@Injectable()
class Pool implements OnModuleDestroy {
  #isClosed = false;

  onModuleDestroy(): void {
    this.#isClosed = true;
    tell({ pool: 'closed' });
  }

  async query(ms: number, what: string): Promise<void> {
    tell({ taken: what });
    await sleep(ms);
    tell(this.#isClosed ? { onClosedPool: what } : { done: what });
  }
}

interface Order {
  readonly id: string;
  readonly ms: number;
}

@Injectable()
class Timing implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(tap(() => undefined));
  }
}

interface Reply<T> {
  readonly event: string;
  readonly data: T;
}

@WebSocketGateway(Number(ownPort ?? 0), library === 'io' ? {} : { path: '/orders' })
class OrdersGateway implements OnGatewayDisconnect {
  constructor(private readonly pool: Pool) {}

  handleConnection(client: { readonly handshake?: { readonly auth: object }; disconnect?(): void }): void {
    if (client.handshake !== undefined && 'unwelcome' in client.handshake.auth) {
      client.disconnect?.();
    }
  }

  async handleDisconnect(): Promise<void> {
    await this.pool.query(50, 'goodbye');
  }

  @SubscribeMessage('order')
  async order(@MessageBody() { id, ms }: Order): Promise<Reply<string>> {
    await this.pool.query(ms, id);
    return { event: 'ordered', data: id };
  }

  @SubscribeMessage('once')
  once(@MessageBody() { id, ms }: Order): Observable<Reply<string>> {
    return timer(ms).pipe(map(() => ({ event: 'ordered', data: id })));
  }

  @SubscribeMessage('ticks')
  ticks(): Observable<Reply<number>> {
    return interval(20).pipe(map((data) => ({ event: 'tick', data })));
  }

  /** As with most interceptors, Nest makes an Observable of what it returns. */
  @UseInterceptors(Timing)
  @SubscribeMessage('timed')
  async timed(@MessageBody() { id, ms }: Order): Promise<Reply<string>> {
    await this.pool.query(ms, id);
    return { event: 'ordered', data: id };
  }

  @SubscribeMessage('exit')
  exit(): never {
    process.exit(0);
  }

  @SubscribeMessage('never')
  never(): Observable<never> {
    return NEVER;
  }
}

@Controller()
class PlainController {
  @Get('a')
  answer(): string {
    return 'a';
  }
}

@Module({ controllers: [PlainController], providers: [Pool, OrdersGateway] })
class OrdersModule {}

export default defineApp({
  imports: [OrdersModule],
  async setup(app) {
    if (adapter === 'default') {
      return;
    }
    if (library === 'io') {
      const { IoAdapter } = await import('@nestjs/platform-socket.io');
      app.useWebSocketAdapter(new IoAdapter(app));
    } else {
      const { WsAdapter } = await import('@nestjs/platform-ws');
      app.useWebSocketAdapter(new WsAdapter(app));
    }
  },
});
