import { WsAdapter } from '@nestjs/platform-ws';
import { defineApp } from '../../../src/ebb/index.js';
import { PeerModule } from './peer.module.js';

export default defineApp({
  imports: [PeerModule],
  setup(app) {
    app.useWebSocketAdapter(new WsAdapter(app));
  },
});
