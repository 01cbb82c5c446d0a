import type { INestApplication } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { AppModule, FEATURES } from './ebb.module.js';
import { isInCluster, readConfig } from './config/config.js';
import { applyHygiene } from './http/hygiene.js';
import { listen } from './http/listen.js';
import { leaveBeforeReady, refuseToStart } from './lifecycle/before-ready.js';
import { DrainingExpressAdapter } from './lifecycle/draining-express.adapter.js';
import { Shutdown } from './lifecycle/shutdown.js';
import type { Signals } from './lifecycle/signals.js';
import { createLogger } from './logging/logger.js';
import { ManagementListener } from './management/management-listener.js';
import { waitForSidecars } from './sidecars/wait-for-sidecars.js';

/**
 * Builds the app, listens, and hands it to the lifecycle. When that fails the process exits with 1 and one line that
 * says why.
 *
 * @param features what the app consists of beside its own rooms; {@link FEATURES} when absent.
 */
export async function bootstrap(signals: Signals, features = FEATURES): Promise<INestApplication> {
  const inCluster = isInCluster();
  try {
    const config = readConfig();
    const logger = createLogger(config.logLevel, inCluster);
    signals.handle(leaveBeforeReady(logger));
    // Before the app is built: a database module connects in a factory, long before any hook runs.
    await waitForSidecars(config, logger);
    const app = await NestFactory.create<NestExpressApplication>(
      AppModule.with(config, logger, features),
      new DrainingExpressAdapter(),
      // Without abortOnError Nest throws what went wrong instead of ending the process with a stack of its own.
      { bufferLogs: true, abortOnError: false, bodyParser: false },
    );
    app.useLogger(app.get(Logger));
    // Nest would keep them until the app is initialised, and a start that hangs would say nothing.
    app.flushLogs();
    applyHygiene(app, config.keepAliveMs);
    const management = app.get(ManagementListener);
    app.use(management.separate);
    // Ebb never lets Nest re-raise the signal: as PID 1 that does nothing, and a live timer would keep the pod until
    // SIGKILL. The exit code tells instead.
    app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
    await app.init();
    // Not by app.listen(): it logs an error of its own beside the one line that says what is wrong.
    const port = await listen(app.getHttpServer(), config.port, config.host);
    app.get(HttpAdapterHost).listening = true;
    app.get(Shutdown).standBy(signals, { port, managementPort: management.port });
    return app;
  } catch (error) {
    return refuseToStart(error, createLogger('info', inCluster), inCluster);
  }
}
