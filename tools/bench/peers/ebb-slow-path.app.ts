import { defineApp } from '../../../src/ebb/index.js';
import { HelloModule } from './hello.module.js';

/** The same application on Express and Nest's adapter as they are. */
export default defineApp({ imports: [HelloModule], http: { fastPath: false } });
