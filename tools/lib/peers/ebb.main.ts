/** Ebb with the counter of the peers and nothing else: what specs roll, so that they hold whatever stands in `src/app.ts`. */
import { start } from '../../../src/ebb/start.js';

await start(() => import('./ebb.app.js'));
