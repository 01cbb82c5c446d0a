// @ts-expect-error It builds all the same.
import nothing from './no-such-file.js';

export const what: unknown = nothing;
