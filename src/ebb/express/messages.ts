/**
 * Requests and responses that are Express' from their birth. Express changes the prototype of each as it arrives, after which V8
 * takes none of its fast paths for that object.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { skipUnheardEnd } from './unheard-end.js';

/** What of an Express application is used here. */
export interface ExpressApp {
  (request: IncomingMessage, response: ServerResponse): void;
  readonly router: { readonly stack: unknown[] };
  readonly settings: Readonly<Record<string, unknown>>;
  /** The prototypes that its requests and responses get. */
  request: object;
  response: object;
}

/** Options of `http.createServer`: what it makes of what arrives. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Classes whose prototypes are those of the application, so that Express finds nothing to change. The application has new
 * ones from then on, with everything that was on the old ones.
 *
 * @param closeListeners see {@link skipUnheardEnd}.
 */
export function bornInto(app: ExpressApp, closeListeners: number): MessageClasses {
  class Request extends IncomingMessage {}
  class Response<R extends IncomingMessage> extends ServerResponse<R> {}
  takePlace(Request.prototype, app.request);
  takePlace(Response.prototype, app.response);
  skipUnheardEnd(Request.prototype, closeListeners);
  app.request = Request.prototype;
  app.response = Response.prototype;
  return { IncomingMessage: Request, ServerResponse: Response };
}

/** Makes one prototype what another is: what it has itself, and what it inherits. */
function takePlace(prototype: object, of: object): void {
  // Express' requests have no constructor of their own: they show Node's.
  Reflect.deleteProperty(prototype, 'constructor');
  Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(of));
  Reflect.setPrototypeOf(prototype, Reflect.getPrototypeOf(of));
}
