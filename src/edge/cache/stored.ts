/**
 * Answers in the Cache API. It knows no `Vary` and would change headers, so what it gets is a body with our own
 * lifetime, and all that was said about the body in one header.
 */

import type CachePolicy from 'http-cache-semantics'
import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8 } from '../../lib/bytes.ts'
import type { Variants } from './key.ts'

/** The part of the platform's `Cache` that is used. */
export interface AnswerCache {
  match(key: string): Promise<Response | undefined>
  put(key: string, response: Response): Promise<void>
  delete(key: string): Promise<boolean>
}

const ABOUT = 'x-gatehouse-stored'
/** All headers of an answer together have to fit in there. */
const MAX_ABOUT_CHARACTERS = 16_384

/** Either what was stored, or the names of the headers that several answers of one URL differ in. */
export type Stored =
  | { readonly policy: CachePolicy; readonly body: ReadableStream | null }
  | { readonly variants: Variants }

type About = { policy: CachePolicy.CachePolicyObject } | { variants: Variants }

/** Undefined where nothing is there or it cannot be read: a cache that fails is an empty one. */
export async function readStored(
  cache: AnswerCache,
  key: string,
  Policy: typeof CachePolicy,
): Promise<Stored | undefined> {
  try {
    const response = await cache.match(key)
    if (!response) return undefined
    const about = decodeAbout(response.headers.get(ABOUT) ?? '')
    if ('variants' in about) return about
    return { policy: Policy.fromObject(about.policy), body: response.body }
  } catch {
    return undefined
  }
}

/** Never rejects. A body that breaks off or is longer than `maxBytes` is not stored. */
export async function storeAnswer(
  cache: AnswerCache,
  key: string,
  policy: CachePolicy,
  body: ReadableStream | null,
  { retainSeconds, maxBytes }: { retainSeconds: number; maxBytes: number },
): Promise<void> {
  const about = encodeAbout({ policy: policy.toObject() })
  if (about.length > MAX_ABOUT_CHARACTERS) {
    await body?.cancel().catch(() => {})
    return
  }
  const { resh: headers } = policy.toObject()
  const length = 'content-encoding' in headers ? '' : `${headers['content-length']}`
  const limited = body && bounded(body, maxBytes)
  // With its length, and not stored where it has another one.
  const whole =
    limited && /^\d+$/.test(length)
      ? limited.pipeThrough(new FixedLengthStream(Number(length)))
      : limited
  await put(cache, key, about, whole, retainSeconds)
}

export function storeVariants(
  cache: AnswerCache,
  key: string,
  variants: Variants,
  retainSeconds: number,
): Promise<void> {
  return put(cache, key, encodeAbout({ variants }), null, retainSeconds)
}

export async function forget(cache: AnswerCache, key: string): Promise<void> {
  try {
    await cache.delete(key)
  } catch {
    // It ends by itself.
  }
}

async function put(
  cache: AnswerCache,
  key: string,
  about: string,
  body: ReadableStream | null,
  seconds: number,
): Promise<void> {
  const headers = { 'cache-control': `public, max-age=${Math.ceil(seconds)}`, [ABOUT]: about }
  try {
    await cache.put(key, new Response(body ?? '', { headers }))
  } catch {
    // The next answer is another chance.
  }
}

function bounded(body: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
  let length = 0
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length += chunk.byteLength
      if (length > maxBytes) controller.error(new Error('the answer is too long to be stored'))
      else controller.enqueue(chunk)
    },
  })
  return body.pipeThrough(counted)
}

function encodeAbout(about: About): string {
  return encodeBase64url(encodeUtf8(JSON.stringify(about)))
}

function decodeAbout(text: string): About {
  return JSON.parse(decodeUtf8(decodeBase64url(text))) as About
}
