/**
 * The standard `grpc.health.v1.Health`, which Kubernetes' `grpc` probes and load balancers ask. Its messages are two fields, so
 * that no package is needed for them. An application that serves it itself keeps its own until the pod leaves.
 */

/** As much of a server of @grpc/grpc-js as is used here. */
export interface GrpcServer {
  addService(definition: Definition, implementation: object): void;
  removeService(definition: Definition): void;
  drain(address: string, graceMs: number): void;
  tryShutdown(callback: (error?: Error) => void): void;
  forceShutdown(): void;
}

type Definition = Readonly<Record<string, { readonly path: string }>>;

export function isGrpcServer(server: unknown): server is GrpcServer {
  return typeof server === 'object' && server !== null && 'addService' in server && 'tryShutdown' in server;
}

const SERVICE = 'grpc.health.v1.Health';

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

/** Status codes of gRPC. */
const NOT_FOUND = 5;
const UNAVAILABLE = 14;

interface HealthCheckRequest {
  readonly service: string;
}

/** `HealthCheckRequest { string service = 1; }`: a tag, a length, the text. A name of a service is shorter than 128 bytes. */
const requestIn = (bytes: Buffer): HealthCheckRequest => ({
  service: bytes[0] === 0x0a ? bytes.toString('utf8', 2, 2 + (bytes[1] ?? 0)) : '',
});
const asRequest = ({ service }: HealthCheckRequest) =>
  Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);

/** `HealthCheckResponse { ServingStatus status = 1; }`: a tag and a number below 128. */
const asResponse = (status: number) => Buffer.from([0x08, status]);
const statusIn = (response: Buffer) => response[1] ?? 0;

const method = (name: string, responseStream: boolean) => ({
  path: `/${SERVICE}/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: asRequest,
  requestDeserialize: requestIn,
  responseSerialize: asResponse,
  responseDeserialize: statusIn,
});

const HEALTH = { Check: method('Check', false), Watch: method('Watch', true) };

interface Call {
  readonly request: HealthCheckRequest;
}

interface Watcher extends Call {
  write(status: number): void;
  emit(event: 'error', error: Error): void;
  on(event: string, listener: () => void): void;
}

type Answer = (error: Error | null, status?: number) => void;

export class GrpcHealth {
  readonly #services = new Set<string>(['']);
  readonly #watchers = new Set<Watcher>();
  #server: GrpcServer | undefined;
  #isLeaving = false;

  /** Serves beside the services that are added meanwhile. */
  async beside(server: GrpcServer, addServices: () => unknown): Promise<void> {
    this.#server = server;
    const addService = server.addService.bind(server);
    server.addService = (definition, implementation) => {
      Object.values(definition).forEach(({ path }) => this.#services.add(path.split('/')[1] ?? ''));
      addService(definition, implementation);
    };
    await addServices();
    if (!this.#services.has(SERVICE)) {
      server.addService(HEALTH, this.#implementation);
    }
  }

  /** NOT_SERVING from here on, also where the application serves its own. */
  leave(): void {
    this.#isLeaving = true;
    this.#server?.removeService(HEALTH);
    this.#server?.addService(HEALTH, this.#implementation);
    this.#watchers.forEach((watcher) => watcher.write(this.#statusOf(watcher.request.service)));
  }

  /** Nobody watches what is gone. */
  end(): void {
    this.#watchers.forEach((watcher) => watcher.emit('error', failure(UNAVAILABLE, 'The server is leaving')));
  }

  readonly #implementation = {
    Check: ({ request }: Call, answer: Answer) => {
      const status = this.#statusOf(request.service);
      answer(
        status === SERVICE_UNKNOWN ? failure(NOT_FOUND, `There is no service "${request.service}"`) : null,
        status,
      );
    },
    Watch: (watcher: Watcher) => {
      this.#watchers.add(watcher);
      for (const event of ['cancelled', 'close']) {
        watcher.on(event, () => this.#watchers.delete(watcher));
      }
      watcher.write(this.#statusOf(watcher.request.service));
    },
  };

  #statusOf(service: string): number {
    if (!this.#services.has(service)) {
      return SERVICE_UNKNOWN;
    }
    return this.#isLeaving ? NOT_SERVING : SERVING;
  }
}

function failure(code: number, details: string): Error {
  return Object.assign(new Error(details), { code, details });
}
