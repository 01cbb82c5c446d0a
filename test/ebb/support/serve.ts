/**
 * Serves an application of `test/ebb/apps/` with the built Ebb, as `dist/main.js` serves `src/app.ts`:
 * `node serve.js sample`. What stands behind the name is for the application to read.
 */
import type { start as Start } from '../../../src/ebb/start.js';

const built = new URL('../../../../dist/ebb/start.js', import.meta.url);
const { start } = (await import(built.href)) as { readonly start: typeof Start };

await start(
  () =>
    import(new URL(`../apps/${process.argv[2]}.app.js`, import.meta.url).href) as ReturnType<
      Parameters<typeof Start>[0]
    >,
);
