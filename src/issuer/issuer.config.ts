/** The one file an owner of the authorization server edits: its APIs and their scopes. */

import { defineIssuer } from './config.ts'

export default defineIssuer((env) => ({
  apis: [
    {
      audience: env.API_AUDIENCE ?? '',
      scopes: Object.fromEntries(
        (env.API_SCOPES ?? '').split(' ').flatMap((scope) => (scope ? [[scope, scope]] : [])),
      ),
      // Several APIs, and sentences for the question to the person:
      //   audience: 'https://orders.example.com', scopes: { 'orders:read': 'See your orders' }
      // resources: ['https://orders.example.com/mcp'],  // further names of this API
      // defaultScopes: ['orders:read'],                  // of a request that names no scope
      // accessTokenSeconds: 600,
      // accessTokenFormat: 'opaque',                     // introspected, and so revocable
    },
  ],
  ...(env.API_AUDIENCE && { defaultAudience: env.API_AUDIENCE }),

  // How it looks:
  // title: 'Acme', logo: '<svg …></svg>', colors: { accent: '#7a1fa2', page: '#f7f2fa' },

  // Who may come:
  // clientDocuments: true,       // clients that are a document on the web, such as MCP clients; or ['host']
  // openRegistration: true,      // clients that register themselves. WARNING: anybody may
  // publicClients: false,        // every client has to authenticate
  // deviceFlow: true,            // televisions and command lines
  // dpop: true,                  // once your APIs take it

  // Signing in at another OpenID provider, where this server is a client with the redirect URI
  // <ISSUER>/oauth2/upstream. It has to be one that verifies mail addresses:
  // upstream: {
  //   name: 'Acme', issuer: 'https://login.acme.example',
  //   clientId: '…', clientSecret: env.UPSTREAM_CLIENT_SECRET,
  //   createPeople: ['acme.example'],   // adds people who are not known here; default: nobody
  // },

  // How long things last, in seconds:
  // refreshTokenSeconds: 1_209_600, refreshGraceSeconds: 30, sessionSeconds: 86_400,
  // keyRotationSeconds: 7_776_000,

  // Messages to people: invitations, forgotten passwords, mail addresses to verify; here with a send_email binding EMAIL
  // (https://developers.cloudflare.com/email-routing/email-workers/send-email-workers/):
  // send: async ({ kind, to, url, title }) => {
  //   const subjects = { invite: 'Welcome', reset: 'Your password', verify: 'Your mail address' }
  //   const subject = `${title}: ${subjects[kind]}`
  //   await env.EMAIL.send({ from: 'login@acme.example', to, subject, text: url })
  // },
}))
