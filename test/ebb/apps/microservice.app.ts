/** A pure microservice: no routes, and whatever transports the command line names. */
import { defineApp } from '#ebb';
import { connectAll } from './messages/connect.js';
import { MessagesModule } from './messages/messages.module.js';

export default defineApp({
  imports: [MessagesModule],
  http: false,
  setup: (app) => connectAll(app),
});
