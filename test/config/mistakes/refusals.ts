// What an owner says about refusals, and about trying rules out.

import { inConfig, inRoute, type Mistake } from './mistake.ts'

const REST = `schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
routes: [{ path: '/*', to: env.ORIGIN }],`

const inWhole = (name: string, line: string, ...messages: string[]) =>
  inConfig(name, `${REST}\n${line},`, ...messages)

export const REFUSALS: readonly Mistake[] = [
  inWhole(
    'a refusal that is an answer',
    "refusal: new Response('no')",
    'refusal: must be a function: (problem, request) => new Response(…), or undefined for the problem document',
  ),
  inWhole(
    'a refusal that takes its time',
    "refusal: async () => new Response('no')",
    'refusal: must not be async: a refusal is answered at once. Take async and await out',
  ),
  inWhole(
    'a problem type without the code',
    "problemType: 'https://docs.acme.example/errors'",
    "problemType: must have {code} in it, for example 'https://docs.acme.example/errors/{code}'",
  ),
  inWhole(
    'a problem type that is no page',
    "problemType: 'errors/{code}'",
    "problemType: must be the URL of a page, for example 'https://docs.acme.example/errors/{code}'",
  ),
  inWhole(
    'refusals under another name',
    "errorPage: () => new Response('no')",
    'errorPage: is not an option. Did you mean refusal?',
  ),
  inWhole(
    'simulation in quotes',
    "dangerouslySimulate: 'true'",
    'dangerouslySimulate: must be true or false, without quotes',
  ),
  inWhole(
    'simulation of everything',
    'dangerouslySimulate: true',
    'WARNING dangerouslySimulate: on all routes lets callers through who would be refused with 401 or 403, and only logs that they would be. Take it out when the log shows nothing unexpected any more',
  ),
  inRoute(
    'simulation of a route',
    "path: '/a', to: env.ORIGIN, dangerouslySimulate: true",
    'WARNING routes[1] (/a).dangerouslySimulate: lets callers through who would be refused with 401 or 403, and only logs that they would be. Take it out when the log shows nothing unexpected any more',
  ),
  inRoute(
    'simulation where everybody may come',
    "path: '/a', to: env.ORIGIN, auth: 'public', dangerouslySimulate: true",
    'routes[1] (/a).dangerouslySimulate: has no meaning on a public route, where nobody is refused for who they are. Take it out',
  ),
  inRoute(
    'simulation in front of a function',
    "path: '/a', to: claims, dangerouslySimulate: true",
    'routes[1] (/a).dangerouslySimulate: lets nobody through to a function in to: behind it, nothing else checks the credential. Take it out',
  ),
]
