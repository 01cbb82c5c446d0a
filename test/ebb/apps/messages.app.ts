/** A hybrid application: routes and microservices, as a Nest user writes one. */
import { defineApp } from '#ebb';
import { connectAll } from './messages/connect.js';
import { MessagesModule } from './messages/messages.module.js';

export default defineApp({
  imports: [MessagesModule],
  setup: (app) => connectAll(app),
});
