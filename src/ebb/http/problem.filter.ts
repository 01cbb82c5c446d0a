import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { type Problem, PROBLEM_TYPE, problemOf } from './problem.js';

/**
 * Answers every error of an HTTP request as `application/problem+json`, without a stack and without the text of an unexpected
 * error. Errors of everything else (GraphQL, messages, WebSockets) are left to Nest.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger('Http');

  catch(exception: unknown, host: ArgumentsHost): void {
    if (host.getType<string>() !== 'http') {
      // A filter that returns nothing has not handled it: Nest's own does.
      return;
    }
    const response = host.switchToHttp().getResponse<Response>();
    const problem = toProblem(exception);
    if (problem.status >= 500 && !(exception instanceof HttpException)) {
      this.#logger.error({ err: exception }, 'A request failed unexpectedly');
    }
    if (response.writableEnded) {
      // Answered already, by whoever gave up waiting for the rest of the request.
      return;
    }
    if (response.headersSent) {
      // Half of an answer is out. Breaking the connection is the only way left to tell the client that it is not whole.
      response.destroy();
      return;
    }
    response.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  }
}

function toProblem(exception: unknown): Problem {
  const [status, detail, members] =
    exception instanceof HttpException ? fromNest(exception) : fromMiddleware(exception);
  // Members of an exception's own, as RFC 9457 allows, and never in the place of those that it defines.
  return { ...members, ...problemOf(status), ...(detail === undefined ? {} : { detail }) };
}

type Said = readonly [status: number, detail: string | undefined, members?: object];

/** What Nest puts into each exception's body; a problem document has it under other names. */
const NESTS_OWN: ReadonlySet<string> = new Set(['statusCode', 'error', 'message']);

function fromNest(exception: HttpException): Said {
  const body: unknown = exception.getResponse();
  if (typeof body !== 'object' || body === null) {
    return [exception.getStatus(), exception.message];
  }
  const message: unknown = 'message' in body ? body.message : exception.message;
  const members = Object.fromEntries(Object.entries(body).filter(([name]) => !NESTS_OWN.has(name)));
  return [exception.getStatus(), Array.isArray(message) ? message.join('; ') : String(message), members];
}

/** Express and its middleware throw errors with a status, and with `expose` where the text is meant for the client. */
function fromMiddleware(exception: unknown): Said {
  if (typeof exception === 'object' && exception !== null && 'status' in exception) {
    const { status } = exception;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      const isMeantForClients = 'expose' in exception && exception.expose === true && 'message' in exception;
      return [status, isMeantForClients ? String(exception.message) : undefined];
    }
  }
  return [500, undefined];
}
