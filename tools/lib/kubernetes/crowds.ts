import { CROWDS, type Crowd } from '../load/load.js';

/** Also what the original does: nine seconds of work, one after the other on connections that stay. */
export const CLUSTER_CROWDS: readonly Crowd[] = [...CROWDS, { kind: '9 s of work', clients: 6, workSeconds: 9 }];
