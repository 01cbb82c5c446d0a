/** What `callingOut` of `callee.ts` deploys. */
import { start } from '../../src/ebb/start.js';

await start(() => import('./calling-out.app.js'));
