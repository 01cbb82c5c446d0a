import { settings, url } from '#ebb';

/** What can be set of the jobs from outside. */
export const jobsSettings = settings({
  /** Where the queue is, and what its jobs leave. */
  REDIS_URL: url({ fallback: 'redis://localhost:6379', protocols: ['redis', 'rediss'] }),
});
