import { describe, expect, it } from '@jest/globals';
import { EventParser } from './event-parser.js';

describe('a stream of events', () => {
  it('is read as an EventSource reads it, however it is cut into chunks', () => {
    const text =
      ': a comment\nid: 7\ndata: one\ndata:two\n\nretry: 700\n\ndata: three\r\n\r\nid: 9\n\nevent: x\ndata\n\n';
    const expected = [
      { id: '7', data: 'one\ntwo' },
      { id: '7', data: 'three' },
      { id: '9', data: '' },
    ];
    for (const size of [1, 2, 3, 1_000]) {
      const parser = new EventParser();
      const chunks = text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
      expect(chunks.flatMap((chunk) => parser.read(chunk))).toEqual(expected);
      expect(parser.retryMs).toBe(700);
    }
  });

  it('has no event before it is complete, and no time to come back that is no number', () => {
    const parser = new EventParser();
    expect(parser.read('retry: soon\ndata: half')).toEqual([]);
    expect(parser.read('\n')).toEqual([]);
    expect(parser.retryMs).toBeUndefined();
    expect(parser.read('\n')).toEqual([{ id: '', data: 'half' }]);
  });
});
