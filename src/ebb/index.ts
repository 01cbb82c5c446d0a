/**
 * All that an application may import of Ebb, as `#ebb`. An upgrade of Ebb keeps what is exported here.
 */
export { choice, flag, port, seconds, secret, url } from './config/variables.js';
export { settings, type Settings } from './config/settings.js';
export { type App, type AppDefinition, defineApp, type NestOptions } from './define-app.js';
export { EbbModule } from './ebb.module.js';
export { Readiness, type ReadinessCheck } from './health/readiness.js';
export type { HttpOptions } from './http/http-options.js';
export type { Library, Runs, ShutdownHook } from './libraries/library.js';
export { Lifecycle } from './lifecycle/lifecycle.js';
export { Management, type ManagementHandler } from './management/management.js';
export { Metrics } from './management/metrics.js';
