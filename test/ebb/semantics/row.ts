/** The tables: what is compared, one row a case. */
import type { Server } from 'node:http';
import type { Express, Request, Response } from 'express';
import { type Call, formsOf, get, type Step } from './call.js';
import type { Side } from './sides.js';

/** Notes what happens in an application, for the comparison of what no answer tells. */
export type Trace = (event: unknown) => void;

/** A server of its own, for one row or for some. */
export type Build = (side: Side, trace: Trace) => Server | Promise<Server>;

export interface Row {
  readonly name: string;
  /** Key of {@link Subject.stages}. */
  readonly stage: string;
  readonly forms: Readonly<Record<string, readonly Step[]>>;
  /** What stock answers; undefined where it answers nothing. Otherwise two servers without the route would be the same. */
  readonly status: number | undefined;
}

export interface Subject {
  readonly title: string;
  readonly stages: Readonly<Record<string, Build>>;
  readonly rows: readonly Row[];
}

type Setup = (app: Express, trace: Trace) => unknown;

/** An application that has one route, `GET /`. */
export function answer(handle: (request: Request, response: Response, trace: Trace) => unknown): Setup {
  return (app, trace) => app.get('/', (request, response) => void handle(request, response, trace));
}

type ExpressRow = readonly [name: string, setup: Setup, call?: Call | readonly Step[], status?: number | 'no answer'];

/** A table of Express applications, one for each row. Without a call it is `GET /`, without a status 200. */
export function expressSubject(title: string, rows: readonly ExpressRow[]): Subject {
  const stageOf = (name: string) => `${title}: ${name}`;
  return {
    title,
    stages: Object.fromEntries(
      rows.map(([name, setup]): [string, Build] => [
        stageOf(name),
        (side, trace) => {
          const { app, server } = side.express([]);
          setup(app, trace);
          return server;
        },
      ]),
    ),
    rows: rows.map(([name, , call, status]) => ({ name, stage: stageOf(name), ...asked(call, status) })),
  };
}

/** The forms of a call and what is expected of it; steps are one form. */
export function asked(
  call: Call | readonly Step[] = get(),
  status: number | 'no answer' | undefined = 200,
): Pick<Row, 'forms' | 'status'> {
  return {
    forms: 'method' in call ? formsOf(call) : { 'step by step': call },
    status: status === 'no answer' ? undefined : status,
  };
}
