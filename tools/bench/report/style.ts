/** How the report looks. Ebb's bars have a colour, what it is compared with is dark, everybody else is pale. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #17212b; --quiet: #596673; --line: #e4e9ee; --failed: #d1122e; --on-failed: #fff;
  --ebb: #12a57c; --ebb-ink: #007a5c; --reference: #596673; --other: #c3ccd5; --spread: #17212b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11171d; --ink: #e8edf2; --quiet: #9aa7b4; --line: #252f39; --failed: #ff4f61; --on-failed: #1a0508;
    --ebb: #1fae85; --ebb-ink: #43d3a8; --reference: #9aa7b4; --other: #3a4a59; --spread: #e8edf2;
  }
}
body {
  margin: 0 auto; padding: 28px 20px 40px; max-width: 1440px; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; font-variant-numeric: tabular-nums;
}
h1 { margin: 0; font-size: clamp(24px, 3.4vw, 36px); line-height: 1.15; letter-spacing: -0.02em; }
h2 { margin: 40px 0 4px; font-size: 20px; }
h3 { margin: 18px 0 6px; font-size: 13px; font-weight: 600; }
h3 small { font-weight: 400; color: var(--quiet); font-size: 12px; }
p { margin: 4px 0; max-width: 110ch; }
.about, .note { color: var(--quiet); }
.alarm { display: inline-block; margin: 12px 0; padding: 4px 16px; border-radius: 6px; background: var(--failed); color: var(--on-failed); font-weight: 700; font-size: 24px; }
code { font-size: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 560px), 1fr)); gap: 0 56px; }
svg { display: block; width: 100%; max-width: 760px; height: auto; }
text { font-size: 12.5px; fill: var(--ink); }
text.subject { text-anchor: end; }
text.ebb { font-weight: 700; fill: var(--ebb-ink); }
text.case { font-weight: 600; font-size: 12px; fill: var(--quiet); }
.ratio { fill: var(--quiet); font-weight: 400; }
rect.variant { fill: var(--ebb); opacity: 0.45; }
rect.ebb { fill: var(--ebb); }
rect.reference { fill: var(--reference); }
rect.other { fill: var(--other); }
.base { stroke: var(--quiet); fill: none; }
.spread { stroke: var(--spread); stroke-width: 2; fill: none; }
.table { overflow-x: auto; margin-top: 14px; }
table { border-collapse: collapse; }
th { font-size: 12px; font-weight: 600; color: var(--quiet); }
th, td { padding: 3px 0 3px 28px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
.words { text-align: left; }
tr.ebb td:first-child { font-weight: 700; color: var(--ebb-ink); }
td small { color: var(--quiet); font-size: 12px; margin-left: 6px; }
`;
