import { Module } from '@nestjs/common';
import { TickerController } from './ticker.controller.js';

/** A sample of server-sent events. */
@Module({ controllers: [TickerController] })
export class TickerModule {}
