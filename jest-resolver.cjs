// Sources import each other as './x.js', the name Node sees after the build; Jest reads them as './x.ts'.
module.exports = (request, options) => {
  if (/^\.{1,2}\/.*\.js$/.test(request) && !options.basedir.includes('node_modules')) {
    try {
      return options.defaultResolver(request.replace(/\.js$/, '.ts'), options);
    } catch {
      // Not a source of ours: fall through to the name as written.
    }
  }
  return options.defaultResolver(request, options);
};
