import { compareAll } from './compare-all.js';

compareAll('nest');
