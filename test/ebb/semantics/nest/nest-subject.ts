import { Module, type ModuleMetadata, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ConstantHeaders } from '../../../../src/ebb/express/constant-headers.js';
import type { Call, Step } from '../call.js';
import { asked, type Build, type Row, type Subject, type Trace } from '../row.js';
import { adapterIsUp, type Side } from '../sides.js';

/** A Nest application for all rows of a table. */
interface NestApp extends ModuleMetadata {
  readonly options?: NestApplicationOptions;
  /** What a `main.ts` does between `create` and `listen`. */
  readonly setup?: (app: NestExpressApplication, trace: Trace) => unknown;
}

export type NestRow = readonly [name: string, call: Call | readonly Step[], status?: number | 'no answer' | undefined];

interface Setting {
  readonly etag: unknown;
  /** What every answer gets. */
  readonly headers?: ConstantHeaders;
}

/** Settings under which each table runs: with some of them the adapter has more to do itself, with others less. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  'etag on': { etag: 'weak' },
  'etag off': { etag: false },
  'constant headers': {
    etag: false,
    headers: [
      ['X-Content-Type-Options', 'nosniff'],
      ['Cache-Control', 'no-cache'],
      ['X-One', 'constant'],
    ],
  },
};

/** A table of requests to one Nest application, under each of the {@link SETTINGS}. Without a status it is 200. */
export function nestSubject(
  title: string,
  app: NestApp | ((trace: Trace) => NestApp),
  rows: readonly NestRow[],
): Subject {
  const stageOf = (setting: string) => `${title}, ${setting}`;
  return {
    title,
    stages: Object.fromEntries(
      Object.entries(SETTINGS).map(([name, setting]): [string, Build] => [
        stageOf(name),
        (side, trace) => build(typeof app === 'function' ? app(trace) : app, side, setting, trace),
      ]),
    ),
    rows: Object.keys(SETTINGS).flatMap((setting) =>
      rows.map(([name, call, status]): Row => ({
        name: `${name}, ${setting}`,
        stage: stageOf(setting),
        ...asked(call, status),
      })),
    ),
  };
}

@Module({})
class Root {}

async function build(
  { options, setup, ...metadata }: NestApp,
  side: Side,
  { etag, headers = [] }: Setting,
  trace: Trace,
): Promise<ReturnType<NestExpressApplication['getHttpServer']>> {
  const adapter = side.adapter(headers);
  const root = { module: Root, ...metadata };
  const app = await NestFactory.create<NestExpressApplication>(root, adapter, {
    logger: false,
    abortOnError: false,
    ...options,
  });
  app.set('etag', etag);
  if (headers.length > 0) {
    // Express sets it before any middleware.
    app.disable('x-powered-by');
    adapterIsUp(adapter, headers);
  }
  await setup?.(app, trace);
  await app.init();
  return app.getHttpServer();
}
