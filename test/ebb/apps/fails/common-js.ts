// `jsonwebtoken` is CommonJS, and Node finds no names in it.
import { sign } from 'jsonwebtoken';

export const token = sign({}, 'for a test');
