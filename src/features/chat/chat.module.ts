import { Module } from '@nestjs/common';
import { ChatGateway } from './chat.gateway.js';

/** A sample of WebSockets. In `setup` of `src/app.ts`: `app.useWebSocketAdapter(new WsAdapter(app))`. */
@Module({ providers: [ChatGateway] })
export class ChatModule {}
