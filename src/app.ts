import { defineApp } from '#ebb';
import { CounterModule } from './features/counter/counter.module.js';
import { counterSettings } from './features/counter/counter.settings.js';

/** Your application. docs/your-application.md says what can stand here. */
export default defineApp({
  imports: [CounterModule],
  settings: [counterSettings],
  setup() {
    // What a Nest application does in its main.ts: app.setGlobalPrefix(), app.enableCors(), app.use(), and so on.
  },
});
