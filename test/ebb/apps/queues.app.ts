import { defineApp } from '#ebb';
import QueuesModule from './queues.module.js';

export default defineApp({ imports: [QueuesModule] });
