import { defineApp } from '#ebb';
import TimersModule from './timers.module.js';

export default defineApp({ imports: [TimersModule] });
