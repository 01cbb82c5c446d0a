import { describe, expect, it } from '@jest/globals';
import { AnswerReader } from './answer-reader.js';
import { Latencies } from './latencies.js';

const BODY = '{"message":"Hello, world!"}';

const answer = (body: string, status = '200 OK', length = body.length) =>
  Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: ${length}\r\n\r\n${body}`);

const reader = () => new AnswerReader(Buffer.from(BODY));

const read = (one: AnswerReader, bytes: Buffer) => one.read(bytes, bytes.length);

describe('the reader of answers', () => {
  it('counts each whole answer once', () => {
    const one = reader();
    expect([1, 2, 3].map(() => read(one, answer(BODY)))).toEqual([true, true, true]);
  });

  it('puts an answer together that comes in pieces, and goes on after it', () => {
    const one = reader();
    const bytes = answer(BODY);
    const pieces = [bytes.subarray(0, 20), bytes.subarray(20, 50), bytes.subarray(50)];
    expect(pieces.map((piece) => read(one, piece))).toEqual([false, false, true]);
    expect(read(one, bytes)).toBe(true);
  });

  it('does not keep a buffer that is used again for the next piece', () => {
    const one = reader();
    const bytes = answer(BODY);
    const shared = Buffer.from(bytes.subarray(0, 30));
    expect(one.read(shared, 30)).toBe(false);
    shared.fill(0);
    expect(read(one, bytes.subarray(30))).toBe(true);
  });

  it.each([
    ['another status', answer(BODY, '500 Internal Server Error'), 'It answered "HTTP/1.1 500 Internal Server Error"'],
    ['another body of the same length', answer(BODY.replace('Hello', 'Hallo')), 'It answered "{"message":"Hallo'],
    ['a shorter body', answer('{}'), 'It answered "{}" and not'],
    ['more than one answer', Buffer.concat([answer(BODY), answer(BODY)]), 'bytes more than one answer'],
    ['no length', Buffer.from(`HTTP/1.1 200 OK\r\n\r\n${BODY}`), 'It answered without Content-Length'],
  ])('refuses %s, the first time and after right ones', (_what, bytes, message) => {
    expect(() => read(reader(), bytes)).toThrow(message);
    const one = reader();
    read(one, answer(BODY));
    expect(() => read(one, bytes)).toThrow(message);
  });

  it('takes the first answer for the right one where none is known', () => {
    const one = new AnswerReader(undefined);
    expect(read(one, answer('mine'))).toBe(true);
    expect(read(one, answer('mine'))).toBe(true);
    expect(() => read(one, answer('ours'))).toThrow('It answered "ours" and not "mine".');
  });
});

describe('latencies', () => {
  it('have percentiles', () => {
    const latencies = new Latencies();
    Array.from({ length: 100 }, (_, index) => index + 1).forEach((ms) => latencies.add(ms));
    expect([0.5, 0.99, 1].map((share) => latencies.percentile(share))).toEqual([50, 99, 100]);
  });

  it('do not lose one that is longer than all', () => {
    const latencies = new Latencies();
    [1, 5_000].forEach((ms) => latencies.add(ms));
    expect(latencies.percentile(1)).toBe(200);
  });

  it('of nothing are refused', () => {
    expect(() => new Latencies().percentile(0.5)).toThrow('There is no percentile of nothing.');
  });
});
