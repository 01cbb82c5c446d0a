import { defineApp } from '../../../src/ebb/index.js';
import { HelloModule } from './hello.module.js';

/** Ebb with all that it does by default: security headers, metrics, the bookkeeping of its drain. */
export default defineApp({ imports: [HelloModule] });
