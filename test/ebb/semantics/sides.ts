/** Who is compared: Express and Nest as they come, the fast adapter, and adapters with a mistake each, which must be found. */
import { createServer, type Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express } from 'express';
import type { ConstantHeaders } from '../../../src/ebb/express/constant-headers.js';
import { FastExpressAdapter } from '../../../src/ebb/express/fast-express.adapter.js';
import { WRONG_ADAPTERS } from './wrong-adapters.js';

export interface Side {
  /** @param headers that every answer gets. */
  express(headers?: ConstantHeaders): { readonly app: Express; readonly server: Server };
  adapter(): ExpressAdapter;
}

export const SIDES: Readonly<Record<string, Side>> = {
  stock: {
    express(headers = []) {
      const app = express();
      // Nest's adapter has a layer of its own in front of all others.
      app.use((_request, response, next) => {
        headers.forEach(([name, value]) => response.setHeader(name, value));
        next();
      });
      return { app, server: createServer(app) };
    },
    adapter: () => new ExpressAdapter(),
  },
  fast: sideOf(() => new FastExpressAdapter()),
  ...Object.fromEntries(Object.entries(WRONG_ADAPTERS).map(([name, make]) => [name, sideOf(make)])),
};

function sideOf(adapter: () => ExpressAdapter): Side {
  return {
    express(headers = []) {
      const made = adapter();
      made.initHttpServer({});
      if (headers.length > 0 && made instanceof FastExpressAdapter) {
        made.addHeaders(headers);
      }
      return { app: made.getInstance<Express>(), server: made.getHttpServer() };
    },
    adapter,
  };
}
