import { Module } from '@nestjs/common';
import { CounterController } from './counter.controller.js';
import { EchoGateway } from './echo.gateway.js';
import { TicksController } from './ticks.controller.js';

/** What every peer has: what the load asks for, a gateway and a stream. It wants the adapter of `@nestjs/platform-ws`. */
@Module({ controllers: [CounterController, TicksController], providers: [EchoGateway] })
export class PeerModule {}
