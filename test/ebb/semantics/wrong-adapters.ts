/** Adapters that answer almost as Express does. The comparison is worth what it finds of these. */
import { createServer } from 'node:http';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, Response } from 'express';
import { FastExpressAdapter } from '../../../src/ebb/express/fast-express.adapter.js';

/** Replies with JSON that does not say how its characters are written. */
class ForgetsCharset extends FastExpressAdapter {
  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (typeof body !== 'object' || body === null || Object.getPrototypeOf(body) !== Object.prototype) {
      return super.reply(response, body, statusCode);
    }
    response.statusCode = statusCode ?? response.statusCode;
    const text = JSON.stringify(body);
    response.setHeader('Content-Type', 'application/json').setHeader('Content-Length', Buffer.byteLength(text));
    return response.end(text);
  }
}

/** Replies with JSON whatever the application has set. */
class IgnoresContentType extends FastExpressAdapter {
  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (typeof body !== 'object' || body === null || Object.getPrototypeOf(body) !== Object.prototype) {
      return super.reply(response, body, statusCode);
    }
    response.statusCode = statusCode ?? response.statusCode;
    return (response.removeHeader('Content-Type'), response.json(body));
  }
}

/** Has Node leave out the events of requests without a body. */
class OptimizesEmptyRequests extends ExpressAdapter {
  override initHttpServer(_options: NestApplicationOptions): void {
    const server = createServer({ optimizeEmptyRequests: true }, this.getInstance<Express>());
    Object.assign(this, { httpServer: server });
  }
}

/** Counts characters where bytes are asked for. */
class CountsCharacters extends FastExpressAdapter {
  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    const end = response.end.bind(response);
    response.end = (...args: unknown[]): Response => {
      const [chunk] = args;
      if (typeof chunk === 'string') {
        response.setHeader('Content-Length', chunk.length);
      }
      return Reflect.apply(end, undefined, args) as Response;
    };
    return super.reply(response, body, statusCode);
  }
}

export const WRONG_ADAPTERS: Readonly<Record<string, () => ExpressAdapter>> = {
  'forgets the charset': () => new ForgetsCharset(),
  'ignores a content type': () => new IgnoresContentType(),
  'optimizes empty requests': () => new OptimizesEmptyRequests(),
  'counts characters': () => new CountsCharacters(),
};
