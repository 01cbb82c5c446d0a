/** The start of the service, top to bottom: read, wait, build, listen, and hand over to the lifecycle. */
import { ApplicationConfig, ModulesContainer, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger, PinoLogger } from 'nestjs-pino';
import type { Logger as Pino } from 'pino';
import { type Config, isInCluster } from './config/config.js';
import { type App, AppDefinitionError, appIn } from './define-app.js';
import { EbbModule, Foundation } from './ebb.module.js';
import { type EnvironmentReading, readEnvironment } from './environment.js';
import { validateBareDtos } from './http/dto-validation.js';
import { applyHygiene, readBodies } from './http/hygiene.js';
import { portOf } from './http/listen.js';
import { leaveBeforeReady, refusalTo, watchForCrashes } from './lifecycle/before-ready.js';
import { DrainingExpressAdapter } from './lifecycle/draining-express.adapter.js';
import { listenersAddedBy } from './lifecycle/foreign-listeners.js';
import { Shutdown } from './lifecycle/shutdown.js';
import { SHUTDOWN_SIGNALS, type Signals } from './lifecycle/signals.js';
import { loggers } from './logging/logger.js';
import { requestContext } from './logging/request-context.js';
import { startLogger } from './logging/start-logger.js';
import { adaptGateways } from './sockets/gateway-adapter.js';
import { Messages } from './messages/messages.js';
import { waitForSidecars } from './sidecars/wait-for-sidecars.js';

/** Imports `src/app.ts`. */
export type LoadApp = () => Promise<{ readonly default: App }>;

/** How often the log says what the start still waits for. */
const TELL_EVERY_MS = 5_000;

/**
 * Loads, builds and serves the application. When that fails the process exits with 1 and one line that says why.
 *
 * @param load imports `src/app.ts`.
 */
export async function run(load: LoadApp, signals: Signals): Promise<void> {
  const inCluster = isInCluster();
  const foundation = new Foundation();
  const { progress, management } = foundation;
  const createLogger = loggers(inCluster);
  const refuse = refusalTo(createLogger('info'), inCluster);
  const unwatch = watchForCrashes(refuse, progress, signals);
  try {
    const app = appIn(await load());
    const reading = readEnvironment(app.settings);
    const { config } = reading;
    const logger = createLogger(config.logLevel);
    signals.handle(leaveBeforeReady(logger));
    // Before anything that may take long: who probes the pod meanwhile is told what it waits for.
    const managementPort = await management.open(config.managementPort, config.host);
    logger.info({ managementPort }, 'Answering probes');
    const ticker = setInterval(() => tell(logger, progress.awaited), TELL_EVERY_MS).unref();
    // Before the application is built: a database module connects in a factory, long before any hook runs.
    await waitForSidecars(config, logger, (awaited) => progress.watch(awaited));
    const { app: nest, nests } = await build(app, reading, logger, foundation);
    await (app.listens ? listen(nest, config) : nest.init());
    // Last: a handler may need all that a hook of the start has made.
    const messages = nest.get(Messages);
    progress.watch(() => messages.starting);
    await messages.start(nest);
    clearInterval(ticker);
    unwatch();
    if (app.nest.logger === undefined) {
      nest.useLogger(nest.get(Logger));
    }
    nest.get(Shutdown).standBy(signals, nests, {
      ...(app.listens ? { port: portOf(nest.getHttpServer()) } : {}),
      managementPort,
      isRoutedTo: app.listens || messages.listen,
    });
  } catch (error) {
    refuse(error, progress.blame());
  }
}

/** Everything between `NestFactory.create` and `listen`. */
async function build(
  { imports, nest, http, libraries, setup }: App,
  reading: EnvironmentReading,
  logger: Pino,
  foundation: Foundation,
): Promise<{ readonly app: NestExpressApplication; readonly nests: ReadonlySet<unknown> }> {
  const adapter = new DrainingExpressAdapter(http.fastPath);
  const app = await NestFactory.create<NestExpressApplication>(
    EbbModule.with(imports, reading, logger, foundation, libraries),
    adapter,
    // Without abortOnError Nest throws what went wrong instead of ending the process with a stack of its own.
    {
      logger: startLogger(logger, (error) => (foundation.progress.lastError = error)),
      ...nest,
      abortOnError: false,
      bodyParser: false,
    },
  );
  // Ebb never lets Nest re-raise the signal: as PID 1 that does nothing, and a live timer would keep the pod until SIGKILL.
  // The exit code tells instead. Before setup(), so that an enableShutdownHooks() there changes nothing of it.
  const nests = listenersAddedBy(() => app.enableShutdownHooks([...SHUTDOWN_SIGNALS], { useProcessExit: true }));
  await applyHygiene(app, adapter, http, reading.config.keepAliveMs);
  adapter.handleWithin(requestContext(await app.resolve(PinoLogger)));
  await setup(app);
  if (Reflect.get(app, 'isInitialized') === true && !app.getHttpServer().listening) {
    throw new AppDefinitionError(
      'setup() of src/app.ts must not call init(): body parsers would come too late. Ebb calls it.',
    );
  }
  if (nest.bodyParser !== false) {
    readBodies(app, adapter, http);
  }
  await adaptGateways(app);
  validateBareDtos(app.get(ModulesContainer), app.get(ApplicationConfig));
  return { app, nests };
}

/** Not with a host where there is none: Node takes IPv6 and IPv4 together then. */
async function listen(app: NestExpressApplication, { port, host }: Config): Promise<void> {
  await (host === undefined ? app.listen(port) : app.listen(port, host));
}

function tell(logger: Pino, awaited: readonly string[]): void {
  logger.info({ awaited }, `Still waiting for ${awaited.join('; for ') || 'the application'}`);
}
