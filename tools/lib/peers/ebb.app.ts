import { Module } from '@nestjs/common';
import { defineApp } from '../../../src/ebb/index.js';
import { CounterController } from './counter.controller.js';

@Module({ controllers: [CounterController] })
class PeerModule {}

export default defineApp({ imports: [PeerModule] });
