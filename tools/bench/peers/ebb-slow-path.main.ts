import { start } from '../../../src/ebb/start.js';

await start(() => import('./ebb-slow-path.app.js'));
