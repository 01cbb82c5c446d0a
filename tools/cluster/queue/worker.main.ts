/** A worker of a queue under Ebb: `worker.main.js QUEUE REDIS-HOST`. */
import { start } from '../../../src/ebb/start.js';

await start(() => import('./worker.app.js'));
