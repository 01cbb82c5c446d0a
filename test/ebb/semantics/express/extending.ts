/** Applications extend their requests and responses: before and after they are created. */
import express, { type Request, type Response } from 'express';
import { expressSubject } from '../row.js';
import { who } from './mounting.js';

function said(this: object): string {
  return `said by ${this.constructor.name}`;
}

/** Has both say what they were taught. */
function shouting(req: Request, res: Response): void {
  const [asked, told] = [req, res].map((message) => Reflect.get(message, 'shout') as (() => string) | undefined);
  res.json([asked?.call(req) ?? null, told?.call(res) ?? null, 'shout' in req, Object.hasOwn(res, 'shout')]);
}

export const extending = expressSubject('requests and responses that applications extend', [
  [
    'app.request extended',
    (app) => {
      Object.assign(app.request, { shout: said });
      app.get('/', shouting);
    },
  ],
  [
    'app.response extended',
    (app) => {
      Object.assign(app.response, { shout: said });
      app.get('/', shouting);
    },
  ],
  [
    'app.request extended by defineProperty',
    (app) => {
      Object.defineProperty(app.request, 'shout', { get: () => () => 'got' });
      app.get('/', shouting);
    },
  ],
  [
    'app.request extended at the first request',
    (app) => {
      app.use((_req, _res, next) => {
        Object.assign(app.request, { shout: said });
        next();
      });
      app.get('/', shouting);
    },
  ],
  [
    'res.json replaced for the application',
    (app) => {
      const { json } = app.response;
      app.response.json = function extended(this: Response, body: unknown) {
        this.set('X-Json', '1');
        return json.call(this, body);
      };
      app.get('/', (_req, res) => void res.json({ a: 1 }));
    },
  ],
  [
    'res.send replaced for the application',
    (app) => {
      const { send } = app.response;
      app.response.send = function extended(this: Response, body: unknown) {
        this.set('X-Send', '1');
        return send.call(this, body);
      };
      app.get('/', (_req, res) => void res.json({ a: 1 }));
    },
  ],
  [
    'app.request replaced',
    (app) => {
      app.request = Object.create(app.request, { shout: { value: said } }) as Request;
      app.get('/', shouting);
    },
  ],
  [
    'app.response replaced',
    (app) => {
      app.response = Object.create(app.response, { shout: { value: said } }) as Response;
      app.get('/', shouting);
    },
  ],
  [
    'app.request extended, then mounted',
    (app) => {
      Object.assign(app.request, { shout: said });
      const sub = express();
      sub.get('/', shouting);
      app.use(sub);
    },
  ],
  [
    'a mounted application’s response extended',
    (app) => {
      const sub = express();
      Object.assign(sub.response, { shout: said });
      sub.use((_req, _res, next) => next());
      app.use(sub);
      app.get('/', shouting);
    },
  ],
  [
    'another application called by hand',
    (app) => {
      const other = express();
      other.get('/', who(other));
      app.use((req, res, next) => void other(req, res, next));
    },
  ],
  [
    'app.handle by hand',
    (app) => {
      const other = express();
      other.get('/', who(other));
      app.use((req, res, next) => {
        Reflect.apply(Reflect.get(other, 'handle') as () => void, other, [req, res, next]);
      });
    },
  ],
  [
    'a prototype of a class of one’s own',
    (app) => {
      app.use((_req, res, next) => {
        Object.setPrototypeOf(res, Object.create(app.response, { mine: { value: 1 } }) as object);
        next();
      });
      app.get('/', (_req, res) => void res.json([Reflect.get(res, 'mine')]));
    },
  ],
]);
