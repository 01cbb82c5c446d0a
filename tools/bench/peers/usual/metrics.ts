import type { NextFunction, Request, Response } from 'express';
import { Histogram, collectDefaultMetrics, register } from 'prom-client';

collectDefaultMetrics();

const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'How long requests took.',
  labelNames: ['method', 'route', 'status'],
});

/** The middleware that is in most guides: a histogram by method, route and status. */
export function countRequests(request: Request, response: Response, next: NextFunction): void {
  const end = durations.startTimer();
  response.once('finish', () => {
    const { path = 'none' } = (request.route ?? {}) as { path?: string };
    end({ method: request.method, route: path, status: response.statusCode });
  });
  next();
}

export function metricsPage(): Promise<string> {
  return register.metrics();
}
