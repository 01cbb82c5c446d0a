/** The clients of the application's WebSocket gateways, which leave after their last reply. */
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Changes } from '../work/changes.js';
import { sayOver } from '../work/goodbyes.js';
import type { PendingWork, WorkSource } from '../work/work-source.js';
import { Conversation } from './conversation.js';
import type { GatewayConnection } from './gateway-connection.js';

@Injectable()
export class Gateways implements WorkSource {
  readonly name = 'gateways';
  /** By the key of their connections; the oldest first. */
  readonly #conversations = new Map<object, Conversation>();
  readonly #bySocket = new WeakMap<Duplex, Conversation>();
  readonly #bySession = new Map<string | undefined, Conversation>();
  #leavesUntil = Infinity;

  constructor(private readonly changes: Changes) {}

  /** The conversation over a connection, begun when there is none yet. */
  conversationOver(connection: GatewayConnection): Conversation {
    const { key, socket, session } = connection;
    const found = this.#conversations.get(key);
    if (found !== undefined) {
      return found;
    }
    const conversation = new Conversation(connection, () => {
      this.#conversations.delete(key);
      this.#bySession.delete(session);
      this.changes.notify();
    });
    this.#conversations.set(key, conversation);
    if (socket !== undefined) {
      this.#bySocket.set(socket, conversation);
    }
    if (session !== undefined) {
      this.#bySession.set(session, conversation);
    }
    if (this.#leavesUntil < Infinity) {
      // It was on its way when the others were told.
      setTimeout(() => conversation.leave(), Math.random() * Math.max(this.#leavesUntil - performance.now(), 0));
    }
    return conversation;
  }

  /** The conversation of an upgraded socket; undefined for one that is no gateway's. */
  of(socket: Duplex, session: string | undefined): Conversation | undefined {
    return this.#bySession.get(session) ?? this.#bySocket.get(socket);
  }

  get isIdle(): boolean {
    return this.#conversations.size === 0;
  }

  isPendingSince(atMs: number): boolean {
    const [oldest] = this.#conversations.values();
    return oldest !== undefined && oldest.since < atMs;
  }

  get pending(): readonly PendingWork[] {
    return Array.from(this.#conversations.values(), ({ pending }) => pending);
  }

  leave(overMs: number): void {
    this.#leavesUntil = performance.now() + overMs;
    sayOver(overMs, [...this.#conversations.values()], (conversation) => conversation.leave());
  }

  cut(): void {
    this.#conversations.forEach((conversation) => conversation.terminate());
    this.#conversations.clear();
  }
}
