import { bodies } from './express/bodies.js';
import { breakingOff } from './express/breaking-off.js';
import { conditional } from './express/conditional.js';
import { constantHeaders } from './express/constant-headers.js';
import { errors } from './express/errors.js';
import { events } from './express/events.js';
import { extending } from './express/extending.js';
import { fields } from './express/fields.js';
import { files } from './express/files.js';
import { headerAccess } from './express/header-access.js';
import { headerWriting } from './express/header-writing.js';
import { json } from './express/json.js';
import { leaving } from './express/leaving.js';
import { mounting } from './express/mounting.js';
import { protocol } from './express/protocol.js';
import { proxy } from './express/proxy.js';
import { rendering } from './express/rendering.js';
import { replaced } from './express/replaced.js';
import { requests } from './express/requests.js';
import { routing } from './express/routing.js';
import { send } from './express/send.js';
import { streams } from './express/streams.js';
import { bodiesOfNest } from './nest/bodies.js';
import { rawBodies } from './nest/bodies.js';
import { limitedBodies } from './nest/bodies.js';
import { unparsed } from './nest/bodies.js';
import { decorated } from './nest/decorated.js';
import { exceptions } from './nest/exceptions.js';
import { interceptors } from './nest/interceptors.js';
import { replacements } from './nest/middleware.js';
import { logged } from './nest/middleware.js';
import { sessions } from './nest/middleware.js';
import { compressed } from './nest/middleware.js';
import { pino } from './nest/middleware.js';
import { consumers } from './nest/middleware.js';
import { ownResponse } from './nest/own-response.js';
import { cors } from './nest/settings.js';
import { hooked, prefixed } from './nest/settings.js';
import { versioned } from './nest/settings.js';
import { streaming } from './nest/streaming.js';
import { eventStreams } from './nest/streaming.js';
import { values } from './nest/values.js';
import type { Subject } from './row.js';

/** All tables. */
export const SUBJECTS: Readonly<Record<string, readonly Subject[]>> = {
  express: [
    bodies,
    breakingOff,
    conditional,
    errors,
    ...events,
    extending,
    fields,
    files,
    headerAccess,
    headerWriting,
    json,
    leaving,
    mounting,
    protocol,
    proxy,
    rendering,
    replaced,
    requests,
    routing,
    send,
    streams,
    ...constantHeaders,
  ],
  nest: [
    bodiesOfNest,
    rawBodies,
    limitedBodies,
    unparsed,
    decorated,
    exceptions,
    interceptors,
    ...replacements,
    logged,
    sessions,
    compressed,
    pino,
    consumers,
    ownResponse,
    cors,
    hooked,
    prefixed,
    ...versioned,
    streaming,
    eventStreams,
    values,
  ],
};
