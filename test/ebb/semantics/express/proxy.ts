import { get } from '../call.js';
import type { Express } from 'express';
import { expressSubject } from '../row.js';

const behind = (trust: unknown) => (app: Express) => {
  app.set('trust proxy', trust);
  app.use((req, res) => {
    res.json({
      ip: req.ip,
      ips: req.ips,
      protocol: req.protocol,
      secure: req.secure,
      host: req.host,
      hostname: req.hostname,
    });
  });
};

const FORWARDED = get('/', {
  'X-Forwarded-For': '1.1.1.1, 2.2.2.2, 127.0.0.1',
  'X-Forwarded-Proto': 'https, http',
  'X-Forwarded-Host': 'outside.test:8443, inner.test',
});

export const proxy = expressSubject('trust proxy', [
  [
    'not set',
    (app) => app.use((req, res) => void res.json([req.ip, req.ips, req.protocol, req.secure, req.host])),
    FORWARDED,
  ],
  ['false', behind(false), FORWARDED],
  ['true', behind(true), FORWARDED],
  ['true, and nothing forwarded', behind(true)],
  ['one hop', behind(1), FORWARDED],
  ['two hops', behind(2), FORWARDED],
  ['loopback', behind('loopback'), FORWARDED],
  ['a list', behind('loopback, 2.2.2.2'), FORWARDED],
  ['another', behind('10.0.0.1'), FORWARDED],
  ['a function', behind((ip: string) => ip !== '1.1.1.1'), FORWARDED],
  [
    'a function that throws',
    behind(() => {
      throw new Error('asked');
    }),
    FORWARDED,
    500,
  ],
]);
