import { start } from './ebb/start.js';

await start(() => import('./app.js'));
