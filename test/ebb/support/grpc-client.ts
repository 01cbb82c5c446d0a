/**
 * Clients of @grpc/grpc-js, as it makes them of a .proto file. No retry is configured. What every channel of gRPC does by itself,
 * and these do too: a call that no server has begun is made again on another connection.
 */
import {
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type Client,
  type ServiceError,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Task } from '../apps/messages/messages.module.js';

export interface Result {
  readonly id: string;
}

export interface WorkClient extends Client {
  do(task: Task, callback: (error: ServiceError | null, result?: Result) => void): unknown;
  follow(task: Task): ClientReadableStream<Result>;
  collect(callback: (error: ServiceError | null, result?: Result) => void): NodeJS.WritableStream & {
    write(task: Task): boolean;
  };
}

export interface HealthClient extends Client {
  check(
    request: { service: string },
    callback: (error: ServiceError | null, answer?: { status: string }) => void,
  ): void;
  watch(request: { service: string }): ClientReadableStream<{ status: string }>;
}

const folder = 'test/ebb/apps/messages';
const clients = new Set<Client>();

function constructorOf(file: string, ...path: readonly string[]): ServiceClientConstructor {
  const loaded: unknown = loadPackageDefinition(loadSync(`${folder}/${file}`, { enums: String, defaults: true }));
  return path.reduce((found, name) => (found as Record<string, unknown>)[name], loaded) as ServiceClientConstructor;
}

function open(constructor: ServiceClientConstructor, address: string): Client {
  // Not shared with the other clients of the test: each has a connection of its own.
  const made = new constructor(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
  });
  clients.add(made);
  return made;
}

/** @param address  `127.0.0.1:4000`, or `ipv4:127.0.0.1:4000,127.0.0.1:4001` */
export const workClient = (address: string) => open(constructorOf('work.proto', 'work', 'Work'), address) as WorkClient;

export const healthClient = (address: string) =>
  open(constructorOf('health.proto', 'grpc', 'health', 'v1', 'Health'), address) as HealthClient;

/** Calls: the id of what was done, or the code of the error. */
export function call(via: WorkClient, task: Task): Promise<string> {
  return new Promise((resolve) => {
    via.do(task, (error, result) => resolve(result?.id ?? `code ${error?.code}: ${error?.details}`));
  });
}

/** Asks for the health of a service: the status, or the code of the error. */
export function healthOf(via: HealthClient, service = ''): Promise<string> {
  return new Promise((resolve) => {
    via.check({ service }, (error, answer) => resolve(answer?.status ?? `code ${error?.code}`));
  });
}

/** Ends what a test has left open. For `afterEach`. */
export function endGrpcClients(): void {
  clients.forEach((one) => one.close());
  clients.clear();
}
