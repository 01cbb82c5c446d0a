/**
 * How the picture looks. The phases have colours close to those of Okabe and Ito, which the colour-blind tell apart too; red
 * is for what went wrong and for nothing else.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #17212b; --quiet: #596673; --line: #e4e9ee; --good: #007a5c; --failed: #d1122e; --on-failed: #fff;
  --old: #9aa5b1; --new: #12a57c; --unknown: #c9d6e2; --on-phase: #17212b;
  --starting: #d8dde3; --ready: #a3dcc9; --pre-stop: #f5e588; --lame-duck: #f2b04a; --draining: #6fbdec; --closing: #b797dc;
  --routed: #00694f; --leaving: #b45f06; --leaving-light: #fbe3c4;
  --sockets: #34557f; --streams: #93b1d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11171d; --ink: #e8edf2; --quiet: #9aa7b4; --line: #252f39; --good: #43d3a8; --failed: #ff4f61; --on-failed: #1a0508;
    --old: #73808d; --new: #1fae85; --unknown: #3a4a59; --on-phase: #0d1318;
    --starting: #b3bdc7; --ready: #4fa58d; --pre-stop: #d9c752; --lame-duck: #e39b2d; --draining: #4ba6dd; --closing: #a988d3;
    --routed: #43d3a8; --leaving: #f0a040; --leaving-light: #4a3413;
    --sockets: #a3c2ea; --streams: #4a6d99;
  }
}
body {
  margin: 0 auto; padding: 28px 20px 40px; max-width: 1440px; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; font-variant-numeric: tabular-nums;
}
p, h1, h2 { margin: 0; }
h1 { font-size: clamp(26px, 4.4vw, 44px); line-height: 1.15; letter-spacing: -0.02em; font-weight: 750; color: var(--good); overflow-wrap: anywhere; }
h2, th { font-size: 12px; font-weight: 600; color: var(--quiet); }
.went-wrong h1 { display: inline-block; margin: 6px 0; padding: 4px 16px; border-radius: 6px; background: var(--failed); color: var(--on-failed); }
.rolled { color: var(--quiet); overflow-wrap: anywhere; }
.rolled b { color: var(--ink); }
.alarm { color: var(--failed); font-weight: 700; font-size: 17px; }
dl { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 10px 0 16px; }
dl div { display: flex; flex-direction: column-reverse; }
dt { font-size: 12px; color: var(--quiet); }
dd { margin: 0; font-size: 17px; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0 0 4px; margin: 0; list-style: none; font-size: 12px; color: var(--quiet); }
.legend i { display: inline-block; width: 12px; height: 12px; margin-right: 6px; border-radius: 2px; vertical-align: -1px; }
.legend .apart { margin-left: 20px; }
.chart { margin-top: 6px; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 960px; height: auto; }
text { font-size: 11.5px; fill: var(--quiet); }
text.name { font-size: 14px; font-weight: 700; fill: var(--ink); }
text.bad { font-size: 12.5px; font-weight: 700; fill: var(--failed); }
text.heading { font-size: 12px; font-weight: 700; letter-spacing: 0.03em; fill: var(--ink); }
text.axis { text-anchor: middle; }
.grid, .base { stroke: var(--line); fill: none; }
.phase text { font-size: 11px; fill: var(--on-phase); }
.endpoint rect { stroke: none; }
.endpoint.routed rect { fill: var(--routed); }
.endpoint.leaving rect { fill: var(--leaving-light); }
.endpoint.leaving path { stroke: var(--leaving); stroke-width: 7; stroke-dasharray: 4 3; fill: none; }
.endpoint.unready rect { fill: var(--paper); stroke: var(--quiet); }
i.endpoint { width: 18px; height: 7px; border-radius: 0; box-sizing: border-box; vertical-align: 1px; }
i.routed { background: var(--routed); }
i.leaving { background: repeating-linear-gradient(90deg, var(--leaving) 0 4px, var(--leaving-light) 4px 7px); }
i.unready { border: 1px solid var(--quiet); }
.moment path { stroke: var(--quiet); fill: none; }
.moment text { font-size: 10.5px; fill: var(--ink); }
.moment.bad path { stroke: var(--failed); stroke-width: 2.5; }
.moment.bad text { fill: var(--failed); font-weight: 700; }
.failed path { stroke: var(--failed); stroke-width: 2; }
.failed rect { fill: var(--failed); }
.failed .band { fill-opacity: 0.3; }
.failed text { font-size: 12px; font-weight: 700; text-anchor: middle; fill: var(--on-failed); }
${['old', 'new', 'unknown'].map((name) => `.rate.${name} { fill: var(--${name}); } i.${name} { background: var(--${name}); }`).join('\n')}
${['starting', 'ready', 'pre-stop', 'lame-duck', 'draining', 'closing'].map((name) => `.phase.${name} rect { fill: var(--${name}); } i.${name} { background: var(--${name}); }`).join('\n')}
${['sockets', 'streams'].map((name) => `.${name} { fill: var(--${name}); } i.${name} { background: var(--${name}); }`).join('\n')}
i.failure { background: var(--failed); }
.tables { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 24px 72px; margin-top: 20px; }
table { border-collapse: collapse; }
th, td { padding: 4px 0 4px 36px; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 0; text-align: left; font-weight: 500; }
td.bad { color: var(--failed); font-weight: 700; }
`;
