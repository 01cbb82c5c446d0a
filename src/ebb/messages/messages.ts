/**
 * Microservices that are connected to the application: `app.connectMicroservice()`. What they work on is finished before any hook
 * runs, whatever brings it, and nothing new is taken.
 */
import { Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Changes } from '../work/changes.js';
import type { PendingWork, WorkSource } from '../work/work-source.js';
import { MessageServer } from './message-server.js';
import { isTransportServer } from './transport-server.js';

/** As much of an application as it takes to start what is connected to it. */
export interface Hybrid {
  getMicroservices(): readonly { getTransportServer(): unknown; listen(): Promise<unknown> }[];
}

/** Says which microservice does not start, and why. */
export class MicroserviceError extends Error {
  constructor(transport: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    super(
      `the microservice of ${transport} did not start: ${reason}. ` +
        'Look whether what it connects to is there, and at its options in connectMicroservice().',
      { cause },
    );
    this.name = 'MicroserviceError';
  }
}

@Injectable()
export class Messages implements WorkSource {
  readonly name = 'messages';
  readonly #logger = new Logger('Messages');
  readonly #servers: MessageServer[] = [];
  readonly #starting = new Set<string>();

  constructor(
    modules: ModulesContainer,
    private readonly changes: Changes,
  ) {
    // Every microservice is in here as soon as it is connected, and before it is started.
    modules.getRpcTargetRegistry<object>().subscribe((target) => this.#connected(target));
  }

  /** What is being started, for whoever asks why the pod is not ready. */
  get starting(): readonly string[] {
    return Array.from(this.#starting, (transport) => `the microservice of ${transport}`);
  }

  /** Starts those that are not started yet. @throws MicroserviceError when one cannot. */
  async start(app: Hybrid): Promise<void> {
    await Promise.all(
      app.getMicroservices().map(async (microservice) => {
        const server = this.#servers.find((one) => one.server === microservice.getTransportServer());
        if (server?.isStarted === true) {
          return;
        }
        const transport = server?.transport ?? 'a strategy of its own';
        this.#starting.add(transport);
        try {
          await microservice.listen();
        } catch (error) {
          throw new MicroserviceError(transport, error);
        }
        this.#starting.delete(transport);
      }),
    );
  }

  /** Whether clients come to one of them, by way of endpoints that have to forget the pod. */
  get listen(): boolean {
    return this.#servers.some(({ listens }) => listens);
  }

  get isIdle(): boolean {
    return this.#servers.every(({ isIdle }) => isIdle);
  }

  isPendingSince(atMs: number): boolean {
    return this.#servers.some(({ oldest }) => oldest !== undefined && oldest < atMs);
  }

  get pending(): readonly PendingWork[] {
    return this.#servers.flatMap(({ pending }) => pending);
  }

  leave(): void {
    this.#servers.forEach((server) => server.leave());
  }

  endLameDuck(): void {
    this.#servers.forEach((server) => server.endLameDuck());
  }

  cut(): void {
    this.#servers.forEach((server) => server.cut());
  }

  #connected(target: object): void {
    if (isTransportServer(target)) {
      this.#servers.push(new MessageServer(target, this.changes));
      return;
    }
    this.#logger.warn(
      `Nobody waits for the messages of ${target.constructor.name}: it is no Server of @nestjs/microservices. Extend that.`,
    );
  }
}
