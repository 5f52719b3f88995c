/** What can be wrong with a path pattern: one sentence for each mistake, with what to write instead. */

import { canonicalPath, matchForm } from '../lib/canonical-path.ts'

/** Literal segments, `:name` segments, and `*` as the last one. itty-router would read more as syntax. */
const PATTERN = /^(?:\/(?:[\w.~!@&',=%-]+|:[A-Za-z]\w*))*(?:\/\*?)?$/

/** The first that fits says what is wrong. */
const MISTAKES: readonly (readonly [RegExp, string])[] = [
  [/^https?:\/\//i, "must be a path alone, for example '/orders/*'. A host name goes into host"],
  [/\\/, "has a backslash. Separate segments with '/', as in '/orders/*'"],
  [
    /^\^|\$$|[()|]/,
    "looks like a regular expression, which does not exist here. Write one route for each path, or a parameter as in '/orders/:id'",
  ],
  [/^[^/]/, "must start with '/', for example '/orders/*'"],
  [/#/, "must not have a fragment. Take '#' and what follows it away"],
  [
    /:\w+\?/,
    "has an optional parameter, which does not exist here. Write two routes: '/orders' and '/orders/:id'",
  ],
  [/\?/, "must not have a query. Take '?' and what follows it away: a path matches with any query"],
  [
    /:\w+[*+]/,
    "has a parameter for several segments, which does not exist here. Write '*' as the last segment, as in '/files/*'",
  ],
  [
    /\{[^}]*\}|<[^>]*>|\[[^\]]*\]/,
    "has a parameter in brackets. Write it as ':id', as in '/orders/:id'",
  ],
  [/\/\//, "has an empty segment ('//'). Write each '/' once"],
  [/\*\*/, "has '**'. One '*' as the last segment matches any depth, as in '/files/*'"],
  [
    /\/\*\/./,
    "has '*' in the middle. It may only be the last segment; for one segment write a parameter, as in '/a/:name/b'",
  ],
  [/\/\*\/$/, "has a slash after '*'. End with '*', as in '/files/*'"],
  [/[^/]\*|\*[^/]/, "has '*' inside a segment. It must be a segment of its own, as in '/files/*'"],
  [/\/:(?:\/|$)/, "has ':' without a name. Name the parameter, as in '/orders/:id'"],
  [/\/:[^A-Za-z]/, "has a parameter whose name starts with no letter. Write it like ':id'"],
  [
    /\/:\w+-/,
    "has a parameter with '-' in its name. Use letters, digits and '_', as in ':orderId'",
  ],
  [/:/, "has ':' inside a segment. A parameter is a whole segment, as in '/orders/:id'"],
  [/;/, "has ';', which servers read in different ways. Take it away"],
  [/\s/, 'has a space. Write it as %20, or take it away'],
]

/** What is wrong with a pattern; undefined where nothing is. */
export function explainPattern(pattern: string): string | undefined {
  const mistake = MISTAKES.find(([sign]) => sign.test(pattern))
  if (PATTERN.test(pattern)) return explainForm(pattern)
  if (mistake) return mistake[1]
  if (/[^ -~]/.test(pattern)) {
    return `has letters that must be percent-encoded. Write '${encodeURI(pattern.toWellFormed())}'`
  }
  return "has a character that may not stand in a pattern. Use letters, digits, - . _ ~ ! @ & ' , = and escapes such as %20; where callers send another one, write a parameter or '*'"
}

/** A pattern is compared with canonical paths, so that one in another form would never match. */
function explainForm(pattern: string): string | undefined {
  const sample = pattern.replace(/:\w+|\*/g, 'x')
  const canonical = canonicalPath(sample)
  if (canonical !== undefined && matchForm(canonical) === sample) return undefined
  if (/\/\.{1,2}(?:\/|$)/.test(pattern)) {
    return "has a segment '.' or '..', which no request keeps. Write the path without it"
  }
  if (/%(?![\da-f]{2})/i.test(pattern)) {
    return "has '%' without two hexadecimal digits after it. Write %25 for the sign itself"
  }
  if (canonical === undefined) {
    return 'has an escape that no request may have (%2F, %5C, %00, %3B, %25…, or no UTF-8). Take it away'
  }
  const parts = pattern.split('/').map((part) => (/^[:*]/.test(part) ? part : canonicalPart(part)))
  return `would match no request, because paths are compared in another spelling. Write '${parts.join('/')}'`
}

function canonicalPart(part: string): string {
  return matchForm(canonicalPath(`/${part}`) ?? '').slice(1)
}
