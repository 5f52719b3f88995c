// The tour's team of Cloudflare Access: it signs a token for whoever asks, which is the one thing that Access never
// does. Its key is made when the tour starts.

import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CloudflareAccessOptions } from '../../src/auth/presets/cloudflare-access.ts'

const AUD = '4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2'
const KID = 'tour'

type Pair = Awaited<ReturnType<typeof generateKeyPair>>

let made: Pair | undefined

async function pair(): Promise<Pair> {
  made ??= await generateKeyPair('RS256')
  return made
}

/** The team's key set, as Access publishes it. */
async function certs(): Promise<Response> {
  const { publicKey } = await pair()
  return Response.json({ keys: [{ ...(await exportJWK(publicKey)), kid: KID, alg: 'RS256' }] })
}

export const TEAM = {
  team: 'tour',
  audience: AUD,
  cloudflared: true,
  via: { fetch: certs },
} satisfies CloudflareAccessOptions

/** A token as a person gets it who signs in at Access. */
export async function accessToken(): Promise<Response> {
  const { privateKey } = await pair()
  const claims = { type: 'app', email: 'ada@acme.example' }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: KID, typ: 'JWT' })
    .setIssuer(`https://${TEAM.team}.cloudflareaccess.com`)
    .setAudience([AUD])
    .setSubject('7335d417-61da-459d-899c-0a01c76a2f94')
    .setIssuedAt()
    .setExpirationTime('5 minutes')
    .sign(privateKey)
  return new Response(token)
}
