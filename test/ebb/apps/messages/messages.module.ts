/** A microservice as a Nest user writes one: handlers that use a pool, and a hook that frees it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import {
  Ctx,
  EventPattern,
  GrpcMethod,
  GrpcStreamMethod,
  MessagePattern,
  Payload,
  RmqContext,
} from '@nestjs/microservices';
import { interval, map, mergeMap, type Observable, toArray } from 'rxjs';
import { acknowledges } from './connect.js';
import { print } from '../print.js';

/** What is to be done, and how long it takes. */
export interface Task {
  readonly id: string;
  readonly ms: number;
}

@Injectable()
class Pool implements OnModuleDestroy {
  #isOpen = true;

  async work({ id, ms }: Task): Promise<{ readonly id: string }> {
    print({ event: 'taken', id });
    await sleep(ms);
    if (!this.#isOpen) {
      print({ event: 'pool.closed', id });
      throw new Error('The pool was used after it was freed.');
    }
    print({ event: 'done', id });
    return { id };
  }

  onModuleDestroy(): void {
    this.#isOpen = false;
    print({ event: 'pool.freed' });
  }
}

@Controller()
class WorkController {
  constructor(private readonly pool: Pool) {}

  @MessagePattern('do')
  async answer(@Payload() task: Task, @Ctx() context: unknown): Promise<{ readonly id: string }> {
    const result = await this.pool.work(task);
    acknowledge(context);
    return result;
  }

  @EventPattern('happened')
  async hear(@Payload() task: Task, @Ctx() context: unknown): Promise<void> {
    await this.pool.work(task);
    acknowledge(context);
  }

  @GrpcMethod('Work', 'Do')
  do(task: Task): Promise<{ readonly id: string }> {
    return this.pool.work(task);
  }

  @GrpcMethod('Work', 'Follow')
  follow({ id, ms }: Task): Observable<{ readonly id: string }> {
    return interval(ms).pipe(map((count) => ({ id: `${id}-${count}` })));
  }

  @GrpcStreamMethod('Work', 'Collect')
  collect(tasks: Observable<Task>): Observable<{ readonly id: string }> {
    return tasks.pipe(
      toArray(),
      map((all) => ({ id: all.map(({ id }) => id).join('+'), ms: all.reduce((sum, { ms }) => sum + ms, 0) })),
      mergeMap((task) => this.pool.work(task)),
    );
  }
}

function acknowledge(context: unknown): void {
  if (acknowledges && context instanceof RmqContext) {
    const channel = context.getChannelRef() as { ack(message: unknown): void };
    channel.ack(context.getMessage());
  }
}

@Module({ controllers: [WorkController], providers: [Pool] })
export class MessagesModule {}
