/** Who is compared: Express and Nest as they come, the fast adapter, and adapters with a mistake each, which must be found. */
import { createServer, type Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express } from 'express';
import type { ConstantHeaders } from '../../../src/ebb/express/constant-headers.js';
import { FastExpressAdapter } from '../../../src/ebb/express/fast-express.adapter.js';
import { WRONG_ADAPTERS } from './wrong-adapters.js';

/** Each takes headers that every answer gets, before anything else happens to it. */
export interface Side {
  express(headers: ConstantHeaders): { readonly app: Express; readonly server: Server };
  /** Nest has it make its server; {@link adapterIsUp} comes after that. */
  adapter(headers: ConstantHeaders): ExpressAdapter;
}

export const SIDES: Readonly<Record<string, Side>> = {
  stock: {
    express(headers) {
      const app = stockApp(headers);
      return { app, server: createServer(app) };
    },
    adapter: (headers) => new ExpressAdapter(stockApp(headers)),
  },
  fast: sideOf(() => new FastExpressAdapter()),
  ...Object.fromEntries(Object.entries(WRONG_ADAPTERS).map(([name, make]) => [name, sideOf(make)])),
};

/** Gives an adapter the headers for which it needs its server. */
export function adapterIsUp(adapter: ExpressAdapter, headers: ConstantHeaders): void {
  if (headers.length > 0 && adapter instanceof FastExpressAdapter) {
    adapter.addHeaders(headers);
  }
}

function stockApp(headers: ConstantHeaders): Express {
  const app = express();
  // Nest's adapter has it made at once: what the application sets for it later has no effect.
  Reflect.get(app, 'router');
  if (headers.length > 0) {
    app.use((_request, response, next) => {
      headers.forEach(([name, value]) => response.setHeader(name, value));
      next();
    });
  }
  return app;
}

function sideOf(make: () => ExpressAdapter): Side {
  return {
    express(headers) {
      const adapter = make();
      adapter.initHttpServer({});
      adapterIsUp(adapter, headers);
      return { app: adapter.getInstance<Express>(), server: adapter.getHttpServer() };
    },
    adapter: make,
  };
}
