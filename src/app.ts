import { defineApp } from '#ebb';
import { CounterModule } from './features/counter/counter.module.js';
import { counterSettings } from './features/counter/counter.settings.js';

/** Your application. What can stand here is said where each option is declared. */
export default defineApp({
  imports: [CounterModule],
  settings: [counterSettings],
});
