/** A gateway of platform-ws beside routes, as a Nest user writes one. */
import { Module } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { defineApp } from '#ebb';
import { SampleModule, sampleSettings } from './sample.module.js';

@WebSocketGateway({ path: '/chat' })
class ChatGateway {
  @SubscribeMessage('say')
  say(): { event: string; data: string } {
    return { event: 'said', data: 'yes' };
  }
}

@Module({ providers: [ChatGateway] })
class ChatModule {}

export default defineApp({
  imports: [SampleModule, ChatModule],
  settings: [sampleSettings],
  setup(app) {
    app.useWebSocketAdapter(new WsAdapter(app));
  },
});
