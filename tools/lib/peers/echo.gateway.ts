import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';

/** So long that some message is being handled on many of the sockets when their pod is told to go. */
const WORK_MS = 50;

interface Message {
  readonly n: number;
  readonly pod?: string;
}

/** Answers each message by its number, and says at once that it has begun to: whose reply is missing then was handled in vain. */
@WebSocketGateway({ path: '/echo' })
export class EchoGateway {
  @SubscribeMessage('echo')
  async echo(
    @MessageBody() { n }: Message,
    @ConnectedSocket() socket: { send(text: string): void },
  ): Promise<{ readonly event: string; readonly data: Message }> {
    socket.send(JSON.stringify({ event: 'taken', data: { n, pod: hostname() } }));
    await sleep(WORK_MS);
    return { event: 'echo', data: { n, pod: hostname() } };
  }
}
