/** The same with stock Nest, for comparison: what its documentation says, and nothing of Ebb. */
import { NestFactory } from '@nestjs/core';
import { connectAll } from './messages/connect.js';
import { MessagesModule } from './messages/messages.module.js';
import { print } from './messages/print.js';

const app = await NestFactory.create(MessagesModule, { logger: false });
app.enableShutdownHooks();
await connectAll(app);
await app.startAllMicroservices();
await app.listen(0, '127.0.0.1');
print({ event: 'startup.complete' });
