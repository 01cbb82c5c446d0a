// @ts-expect-error It builds all the same.
import nothing from 'no-such-package';

export const what: unknown = nothing;
