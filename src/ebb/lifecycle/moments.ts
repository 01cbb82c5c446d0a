/** The moments of a pod's life that are logged, each one line with this name as its `event`. */
export const MOMENTS = [
  'sidecars.waiting',
  'sidecars.ready',
  'startup.complete',
  'shutdown.initiated',
  'sidecars.draining',
  'lame-duck.over',
  'listener.closed',
  'requests.drained',
  'shutdown.complete',
  'shutdown.forced',
] as const;

export type Moment = (typeof MOMENTS)[number];
