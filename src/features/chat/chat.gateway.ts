import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Server, WebSocket } from 'ws';
import { z } from 'zod';

const message = z.object({ text: z.string().min(1).max(1_000) });

/** A room. Those who are connected to another pod do not hear what is said: that takes a broker between the pods. */
@WebSocketGateway({ path: '/chat', maxPayload: 8_192 })
export class ChatGateway {
  @WebSocketServer()
  private readonly server!: Server;

  /** Tells everybody else what somebody says, and whoever said it how many heard it. */
  @SubscribeMessage('say')
  say(@MessageBody() body: unknown, @ConnectedSocket() speaker: WebSocket): { event: string; data: unknown } {
    const { success, data, error } = message.safeParse(body);
    if (!success) {
      return { event: 'refused', data: z.prettifyError(error) };
    }
    const others = [...this.server.clients].filter((client) => client !== speaker);
    others.forEach((client) => client.send(JSON.stringify({ event: 'said', data: data.text })));
    return { event: 'heard', data: { by: others.length } };
  }
}
