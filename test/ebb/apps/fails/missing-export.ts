// @ts-expect-error It builds all the same.
import { nobody } from '../sample.module.js';

export const what: unknown = nobody;
