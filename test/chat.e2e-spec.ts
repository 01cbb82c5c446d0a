/** The chat in process, with the client of `ws`. */
import { once } from 'node:events';
import { Test } from '@nestjs/testing';
import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { EbbModule } from '#ebb';
import { ChatModule } from '../src/features/chat/chat.module.js';

function say(client: WebSocket, data: unknown): void {
  client.send(JSON.stringify({ event: 'say', data }));
}

async function heard(client: WebSocket): Promise<unknown> {
  const [message] = (await once(client, 'message')) as [Buffer];
  return JSON.parse(message.toString());
}

describe('the chat', () => {
  let service: INestApplication;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [EbbModule.forTest({ imports: [ChatModule] })],
    }).compile();
    service = module.createNestApplication({ logger: false });
    service.useWebSocketAdapter(new WsAdapter(service));
    await service.listen(0, '127.0.0.1');
  });

  afterEach(() => service.close());

  async function join(): Promise<WebSocket> {
    const client = new WebSocket(`${(await service.getUrl()).replace('http', 'ws')}/chat`);
    await once(client, 'open');
    return client;
  }

  it('tells everybody else what somebody says', async () => {
    const [speaker, listener] = [await join(), await join()];
    const both = Promise.all([heard(speaker), heard(listener)]);
    say(speaker, { text: 'hello' });
    expect(await both).toEqual([
      { event: 'heard', data: { by: 1 } },
      { event: 'said', data: 'hello' },
    ]);
  });

  it('tells everybody to go when the pod goes', async () => {
    const clients = [await join(), await join()];
    const codes = clients.map(async (client) => {
      const [code] = (await once(client, 'close')) as [number];
      return code;
    });
    await service.close();
    expect(await Promise.all(codes)).toEqual([1001, 1001]);
  });

  it('refuses what is no message, and says why', async () => {
    const [speaker] = [await join(), await join()];
    say(speaker, { text: 'x'.repeat(1_001) });
    expect(await heard(speaker)).toEqual({ event: 'refused', data: expect.stringContaining('1000 characters') });
  });
});
