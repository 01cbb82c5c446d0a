import { Signals } from './ebb/lifecycle/signals.js';

// Before anything heavy is loaded: a signal that arrives meanwhile must not be lost.
const signals = new Signals();
const { bootstrap } = await import('./ebb/run.js');
await bootstrap(signals);
