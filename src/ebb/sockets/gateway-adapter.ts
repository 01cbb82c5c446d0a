/**
 * Puts conversations between the gateways and the adapter of the application, whichever that is: `WsAdapter`, `IoAdapter`, or
 * one that is derived from them.
 */
import type { IncomingMessage } from 'node:http';
import type { WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Observable } from 'rxjs';
import { TrackedWork } from '../work/tracked-work.js';
import { connectionOf } from './gateway-connection.js';
import { watchHandlers } from './gateway-handlers.js';
import { gatewaysOf, trackConnectionHooks } from './gateway-hooks.js';
import { Gateways } from './gateways.js';

/** What is put between, of Nest's `WebSocketAdapter`. */
interface Adapter {
  bindClientConnect(server: unknown, connected: (...args: never[]) => unknown): unknown;
  bindMessageHandlers(
    client: object,
    handlers: WsMessageHandler[],
    transform: (handled: unknown) => Observable<unknown>,
  ): unknown;
}

/** An adapter of the packages that bring one. */
type AdapterClass = new (server: unknown) => WebSocketAdapter;

/** The packages in the order in which one is taken that is installed; the first one is Nest's own choice. */
const ADAPTERS = [
  { name: '@nestjs/platform-socket.io', exported: 'IoAdapter' },
  { name: '@nestjs/platform-ws', exported: 'WsAdapter' },
] as const;

/** Called between `NestFactory.create` and `init`, where Nest connects the gateways to the adapter. */
export async function adaptGateways(app: NestExpressApplication): Promise<void> {
  const instances = gatewaysOf(app.get(ModulesContainer));
  if (instances.length === 0) {
    return;
  }
  const work = app.get(TrackedWork);
  for (const instance of instances) {
    trackConnectionHooks(instance, work);
    watchHandlers(instance);
  }
  const config = app.get(ApplicationConfig);
  const chosen: WebSocketAdapter | null = config.getIoAdapter();
  const adapter = chosen ?? (await installedAdapter(app));
  // Where there is none, Nest says which package it misses.
  if (adapter !== undefined) {
    config.setIoAdapter(adapter);
    converse(adapter, app.get(Gateways));
  }
}

async function installedAdapter(app: NestExpressApplication): Promise<WebSocketAdapter | undefined> {
  for (const { name, exported } of ADAPTERS) {
    const Class = await exportOf(name, exported);
    if (Class !== undefined) {
      return new Class(app.getHttpServer());
    }
  }
  return undefined;
}

/** By a name that no compiler follows: neither package has to be there. */
async function exportOf(name: string, exported: string): Promise<AdapterClass | undefined> {
  try {
    const module: unknown = await import(name);
    const found: unknown = typeof module === 'object' && module !== null ? Reflect.get(module, exported) : undefined;
    return isClass(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isClass(found: unknown): found is AdapterClass {
  return typeof found === 'function';
}

function converse(adapter: Adapter, gateways: Gateways): void {
  const requests = new WeakMap<object, IncomingMessage>();
  const bindClientConnect = adapter.bindClientConnect.bind(adapter);
  const bindMessageHandlers = adapter.bindMessageHandlers.bind(adapter);
  const bound: Adapter = {
    bindClientConnect(server, connected) {
      return bindClientConnect(server, (client: object, request: IncomingMessage, ...more: unknown[]) => {
        requests.set(client, request);
        return Reflect.apply(connected, undefined, [client, request, ...more]);
      });
    },
    bindMessageHandlers(client, handlers, transform) {
      const connection = connectionOf(client, requests.get(client));
      if (connection === undefined || connection.isClosed) {
        return bindMessageHandlers(client, handlers, transform);
      }
      const conversation = gateways.conversationOver(connection);
      const through = handlers.map((handler) => ({
        ...handler,
        callback: (...args: unknown[]) =>
          conversation.handle(handler.message, () => Reflect.apply(handler.callback, undefined, args)),
      }));
      return bindMessageHandlers(client, through, (handled) => conversation.replies(handled, () => transform(handled)));
    },
  };
  Object.assign(adapter, bound);
}
