import { describe, expect, it } from '@jest/globals';
import { withoutNamedClosures } from './closures.js';

describe('functions within functions', () => {
  it.each([
    [
      'an arrow function',
      'function f(){const a=__name(()=>1,"a");return a}',
      'function f(){const a=      (()=>1    );return a}',
    ],
    ['a function expression', 'f=()=>[__name(function(){},"a")]', 'f=()=>[      (function(){}    )]'],
    [
      'a declaration',
      'function f(){function a(){}__name(a,"a");return a}',
      'function f(){function a(){}      (a    );return a}',
    ],
    [
      'one in another',
      'function f(){return __name(()=>__name(()=>1,"b"),"a")}',
      'function f(){return       (()=>      (()=>1    )    )}',
    ],
  ])('are not named by a call: %s', (_what, text, expected) => {
    expect(withoutNamedClosures(text)).toBe(expected);
    expect(expected).toHaveLength(text.length);
  });

  it.each([
    ['a class', 'function f(){return class A{static{__name(this,"A")}}}'],
    ['one that was renamed', 'function f(){function a2(){}__name(a2,"a");return a2}'],
    ['one that is made once', 'const a=__name(()=>1,"a");function b(){}__name(b,"b");'],
    ['a call of somebody else', 'function f(){return name(()=>1,"a")}'],
  ])('are left as they are: %s', (_what, text) => {
    expect(withoutNamedClosures(text)).toBe(text);
  });
});
