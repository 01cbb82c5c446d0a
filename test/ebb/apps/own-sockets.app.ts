/** A WebSocket server that a feature makes for itself, when the application is up: no gateway, no adapter. */
import type { IncomingMessage, Server } from 'node:http';
import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocketServer } from 'ws';
import { defineApp } from '#ebb';
import { print } from './print.js';
import { SampleModule, sampleSettings } from './sample.module.js';

@Injectable()
class OwnServer implements OnApplicationBootstrap {
  constructor(private readonly host: HttpAdapterHost) {}

  onApplicationBootstrap(): void {
    new WebSocketServer({
      server: this.host.httpAdapter.getHttpServer() as Server,
      path: '/own',
      verifyClient: ({ req }: { readonly req: IncomingMessage }, decide: (isWelcome: boolean) => void) => {
        print({ event: 'authorizing' });
        setTimeout(() => decide(true), Number(req.headers['x-wait-ms'] ?? 0));
      },
    }).on('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(data)));
  }
}

@Module({ providers: [OwnServer] })
class OwnSocketsModule {}

export default defineApp({ imports: [SampleModule, OwnSocketsModule], settings: [sampleSettings] });
