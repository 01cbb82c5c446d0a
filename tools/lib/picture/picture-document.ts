import { Markup, markup } from './picture-markup.js';

/** One complete HTML document: it has no script, and its policy lets it fetch nothing, so that it can be kept. */
export function documentOf(title: string, style: string, body: Markup): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.source;
}
