import { Module, type ModuleMetadata, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Call, Step } from '../call.js';
import { asked, type Build, type Row, type Subject, type Trace } from '../row.js';

/** A Nest application for all rows of a table. */
interface NestApp extends ModuleMetadata {
  readonly options?: NestApplicationOptions;
  /** What a `main.ts` does between `create` and `listen`. */
  readonly setup?: (app: NestExpressApplication, trace: Trace) => unknown;
}

export type NestRow = readonly [name: string, call: Call | readonly Step[], status?: number | 'no answer' | undefined];

/** Settings of Express under which each table runs: with them the adapter has more, or less, to do itself. */
const SETTINGS = { 'etag on': 'weak', 'etag off': false } as const;

/** A table of requests to one Nest application, with and without etags. Without a status it is 200. */
export function nestSubject(title: string, app: NestApp, rows: readonly NestRow[]): Subject {
  const stageOf = (setting: string) => `${title}, ${setting}`;
  return {
    title,
    stages: Object.fromEntries(
      Object.entries(SETTINGS).map(([setting, etag]): [string, Build] => [
        stageOf(setting),
        (side, trace) => build(app, side.adapter(), etag, trace),
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
  adapter: ReturnType<Parameters<Build>[0]['adapter']>,
  etag: unknown,
  trace: Trace,
): Promise<ReturnType<NestExpressApplication['getHttpServer']>> {
  const root = { module: Root, ...metadata };
  const app = await NestFactory.create<NestExpressApplication>(root, adapter, {
    logger: false,
    abortOnError: false,
    ...options,
  });
  app.set('etag', etag);
  await setup?.(app, trace);
  await app.init();
  return app.getHttpServer();
}
