/** A WebSocket server that a feature makes for itself, when the application is up: no gateway, no adapter. */
import type { Server } from 'node:http';
import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocketServer } from 'ws';
import { defineApp } from '#ebb';
import { SampleModule, sampleSettings } from './sample.module.js';

@Injectable()
class OwnServer implements OnApplicationBootstrap {
  constructor(private readonly host: HttpAdapterHost) {}

  onApplicationBootstrap(): void {
    new WebSocketServer({ server: this.host.httpAdapter.getHttpServer() as Server, path: '/own' }).on(
      'connection',
      (socket) => socket.on('message', (data: Buffer) => socket.send(data)),
    );
  }
}

@Module({ providers: [OwnServer] })
class OwnSocketsModule {}

export default defineApp({ imports: [SampleModule, OwnSocketsModule], settings: [sampleSettings] });
