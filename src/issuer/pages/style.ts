/** The one stylesheet of the pages, served as a file so that the policy needs no inline styles. */

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f5f7;
  --card: #ffffff;
  --text: #1a1d21;
  --muted: #55606c;
  --line: #767f8a;
  --accent: #1a56c4;
  --on-accent: #ffffff;
  --alert: #a31515;
  --alert-card: #fdeeee;
  --done: #12562c;
  --done-card: #e8f5ec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a;
    --card: #1e2226;
    --text: #eceff2;
    --muted: #aeb8c2;
    --line: #8a949f;
    --accent: #8ab4ff;
    --on-accent: #0c1c38;
    --alert: #ffb4ab;
    --alert-card: #3a2020;
    --done: #a8e6bd;
    --done-card: #1c3325;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  display: grid;
  align-content: center;
  padding: 1rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
main {
  width: 100%;
  max-width: 26rem;
  margin: 0 auto;
  padding: 2rem 1.5rem;
  background: var(--card);
  border-radius: 0.75rem;
  box-shadow: 0 1px 3px rgb(0 0 0 / 0.2);
  overflow-wrap: anywhere;
}
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
.logo { display: block; max-width: 100%; height: 3rem; margin: 0 0 1.5rem; }
.muted { color: var(--muted); }
.alert { padding: 0.75rem; border-radius: 0.5rem; background: var(--alert-card); color: var(--alert); }
form { margin: 0; }
label { display: block; margin: 1rem 0 0.25rem; font-weight: 600; }
input {
  width: 100%;
  padding: 0.625rem 0.75rem;
  font: inherit;
  color: inherit;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 0.5rem;
}
button, a.button {
  width: 100%;
  margin-top: 1.25rem;
  padding: 0.75rem;
  font: inherit;
  font-weight: 600;
  color: var(--on-accent);
  background: var(--accent);
  border: 1px solid var(--accent);
  border-radius: 0.5rem;
  cursor: pointer;
}
a.button { display: block; text-align: center; text-decoration: none; }
button.plain {
  margin-top: 1rem;
  color: var(--accent);
  background: transparent;
  border-color: var(--line);
  font-weight: 400;
}
/* As far from text as it is from a field. */
:is(p, ul) + form:not(:has(label)) > button:not(.link):first-of-type { margin-top: 0.25rem; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.125rem; line-height: 1.3; }
.done { padding: 0.75rem; border-radius: 0.5rem; background: var(--done-card); color: var(--done); }
.field { position: relative; }
.field input { padding-right: 4.5rem; }
.field .reveal {
  position: absolute;
  inset: 0 0 0 auto;
  width: auto;
  margin: 0;
  padding: 0 0.75rem;
  color: var(--accent);
  background: none;
  border-color: transparent;
}
a { color: var(--accent); }
a.button { color: var(--on-accent); }
button.link {
  width: auto;
  margin: 0;
  padding: 0;
  color: var(--accent);
  background: none;
  border: 0;
  font-weight: 400;
  text-decoration: underline;
}
.code { font-family: ui-monospace, monospace; letter-spacing: 0.1em; }
.qr { display: block; width: 100%; max-width: 16rem; margin: 0 auto 1rem; border-radius: 0.5rem; }
.foot { margin: 1.5rem 0 0.25rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ul { margin: 1rem 0; padding-left: 1.25rem; }
li { margin: 0.25rem 0; }
ul.plain { padding: 0; list-style: none; }
ul.plain li { margin: 0.75rem 0; }
main > :last-child { margin-bottom: 0; }
[hidden] { display: none; }
`
