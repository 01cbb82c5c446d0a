/** Signs in a package's code that a bundle of it may not work. */

const SIGNS: readonly (readonly [sign: RegExp, reason: string])[] = [
  [/(?<![\w$.])require\(\s*(?!['"`\s)])[^)]/, 'requires a module by a name that is known only at run time'],
  [/(?<![\w$.])(?:__dirname|__filename)\b/, 'reads files beside its code'],
  [/\bimport\.meta\.(?:dirname|filename)\b/, 'reads files beside its code'],
  [/(?<!createRequire\(\s*)\bimport\.meta\.url\b/, 'reads files beside its code'],
  [/\bnew Worker\(/, 'starts a worker thread from a file'],
  [
    /\brequire\(\s*['"](?:bindings|node-gyp-build|prebuild-install|node-gyp-build-optional-packages)['"]\)/,
    'loads native code',
  ],
];

/** Why the package of a file may have to be external. */
export function looksExternal(text: string): string[] {
  const code = withoutComments(text);
  return [...new Set(SIGNS.flatMap(([sign, reason]) => (sign.test(code) ? [reason] : [])))];
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(?:\/\/.*|\*.*|\/\*[^]*?\*\/)$/gm, '');
}
