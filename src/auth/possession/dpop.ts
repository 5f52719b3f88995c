/** Tokens that are bound to a key of their client (DPoP, RFC 9449): whoever steals one cannot use it. */

import * as v from 'valibot'
import { GatewayError } from '../../errors.ts'
import { sha256 } from '../../lib/bytes.ts'
import { options as optionsSchema } from '../../options/options.ts'
import {
  flag,
  listOf,
  reportIssues,
  secondsBetween,
  textLike,
  told,
} from '../../options/schemas.ts'
import { explainSecret } from '../../options/secret.ts'
import { type StateBinding, stateBinding } from '../../options/state.ts'
import { challengeText, TOKEN_ERRORS } from '../bearer/challenge.ts'
import { ALGORITHMS } from '../bearer/jwk.ts'
import type { Extras, House } from '../feature.ts'
import type { Finish, Scheme } from '../scheme.ts'
import { findDpopToken, isSentAsDpop } from './credential.ts'
import { guarded, type Possession } from './guarded.ts'
import { createNonces, type Nonces } from './nonces.ts'
import type { PossessionFeature } from './possession.ts'
import { createProofCheck, invalidProof } from './proof.ts'
import { createProofMemory } from './replay.ts'

export interface DpopOptions {
  /**
   * The state Worker, which remembers the proofs that were used: one call with each request. Needed, unless
   * `dangerouslyAllowReplays` says that nobody is asked.
   */
  state?: StateBinding
  /** Refuses tokens that are not bound to a key. Default false: the entry takes both kinds. */
  required?: boolean
  /** Wants a nonce of the gateway in each proof. Default: none. */
  nonce?: DpopNonceOptions
  /**
   * How old a proof may be, in seconds. Default 60, at most 300. It may be 30 s ahead of this clock. A proof is
   * remembered for as long as it would be good.
   */
  proofMaxAgeSeconds?: number
  /** Signature algorithms of proofs that are accepted. Default: RS, PS and ES 256 to 512, and EdDSA. */
  algorithms?: readonly string[]
  /**
   * Asks nobody whether a proof was used before. WARNING: whoever gets hold of a request, with token and proof, can
   * send it again until the proof is too old. Default false.
   */
  dangerouslyAllowReplays?: boolean
}

export interface DpopNonceOptions {
  /** A secret of 32 bytes or more, the same wherever the gateway runs. */
  key: string
  /** A new nonce so often; the one before is taken too. Default 300, in seconds. */
  rotationSeconds?: number
}

const DEFAULT_MAX_AGE_SECONDS = 60
const DEFAULT_ROTATION_SECONDS = 300
/** A gateway elsewhere may have a clock that is behind, and would take a proof for so much longer. */
const MEMORY_MARGIN_SECONDS = 60
const PROOF_HEADER = 'dpop'
const NONCE_HEADER = 'dpop-nonce'

const algorithm = told<string>((name) =>
  ALGORITHMS.includes(name as string) ? undefined : `must be one of ${ALGORITHMS.join(', ')}`,
)

const nonceSchema = optionsSchema<DpopNonceOptions>(
  {
    key: textLike('env.DPOP_NONCE_KEY', (secret) => explainSecret(secret, 'nonces can be forged')),
    rotationSeconds: v.exactOptional(secondsBetween(30, 3_600, { example: 300 })),
  },
  {
    example: '{ key: env.DPOP_NONCE_KEY }',
    examples: { key: 'env.DPOP_NONCE_KEY' },
    otherNames: {
      secret: 'key',
      ttlSeconds: 'rotationSeconds',
      lifetimeSeconds: 'rotationSeconds',
    },
  },
)

const entries = {
  required: v.exactOptional(flag),
  nonce: v.exactOptional(nonceSchema),
  proofMaxAgeSeconds: v.exactOptional(secondsBetween(5, 300, { example: 60 })),
  algorithms: v.exactOptional(listOf(algorithm, { example: "['ES256']", isOptional: true })),
  dangerouslyAllowReplays: v.exactOptional(flag),
}

const text = {
  example: 'dpop({ state: env.STATE })',
  examples: { nonce: '{ key: env.DPOP_NONCE_KEY }' },
  otherNames: {
    replay: 'dangerouslyAllowReplays',
    store: 'state',
    kv: 'KV is too slow to see a replay. Write state: env.STATE',
    maxAgeSeconds: 'proofMaxAgeSeconds',
    nonces: 'nonce',
    isRequired: 'required',
  },
}

const remembering = optionsSchema<DpopOptions>({ state: stateBinding, ...entries }, text)
/** What `state` is here is looked at by hand: it must not be there. */
const forgetting = optionsSchema<DpopOptions>(
  { state: v.exactOptional(told(() => CONTRADICTION)), ...entries },
  text,
)
const CONTRADICTION =
  'is there beside dangerouslyAllowReplays: true, with which nobody asks it. Take one of the two out'

/** Takes tokens with `cnf.jkt`, sent as `Authorization: DPoP` with a proof in the header `DPoP`. */
export function dpop(options: DpopOptions): PossessionFeature {
  return {
    confirms: 'jkt',

    check(path, to) {
      const schema = Object(options).dangerouslyAllowReplays === true ? forgetting : remembering
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },

    around: (scheme, house) => dpopScheme(scheme, options, house),
  }
}

function dpopScheme(
  scheme: Scheme & Extras,
  options: DpopOptions,
  { now }: House,
): Scheme & Extras {
  const { required = false, algorithms = ALGORITHMS } = options
  const inner = guarded(scheme, compilePossession(options, now))
  const own = { algs: algorithms.join(' ') }
  return {
    ...inner,
    find: (inbound, scope) => findDpopToken(inbound, (beside) => inner.find(beside, scope)),
    challenge(error, scopes, metadata) {
      // RFC 9110 section 15.5.2: who is refused for a proof is told again what else would do.
      const isOfProof = error && PROOF_ERRORS[error.code] !== undefined
      const others = required
        ? []
        : inner.challenge(isOfProof ? undefined : error, scopes, metadata)
      const errors = { ...TOKEN_ERRORS, ...PROOF_ERRORS }
      const ours = challengeText(error, { scheme: 'DPoP', errors, scopes, metadata, own })
      return [others ?? [], ours ?? []].flat()
    },
  }
}

/** RFC 9449 sections 7.1 and 9. */
const PROOF_ERRORS: typeof TOKEN_ERRORS = {
  invalid_dpop_proof: 'invalid_dpop_proof',
  use_dpop_nonce: 'use_dpop_nonce',
}

function compilePossession(options: DpopOptions, now: () => number): Possession {
  const { required = false, algorithms = ALGORITHMS, state, nonce } = options
  const maxAgeSeconds = options.proofMaxAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS
  const checkProof = createProofCheck({ algorithms, maxAgeSeconds, now })
  const memory = state && createProofMemory(state)
  const nonces =
    nonce && createNonces(nonce.key, nonce.rotationSeconds ?? DEFAULT_ROTATION_SECONDS, now)

  return {
    member: 'jkt',
    withholds: [{ header: PROOF_HEADER }],
    boundTokens: { dpopAlgorithms: algorithms, requiresDpop: required, certificates: false },

    check(bound, evidence, inbound, scope) {
      const asDpop = isSentAsDpop(evidence, inbound)
      if (bound === undefined) {
        if (required)
          throw refused('the token is bound to no key, and dpop({ required: true }) wants that')
        if (asDpop) throw refused('the token is bound to no key and was sent as DPoP')
        return undefined
      }
      if (!asDpop)
        throw refused('the token is bound to a key and was not sent as Authorization: DPoP')
      return prove()

      async function prove(): Promise<Finish | undefined> {
        const proof = await checkProof(bound, evidence.value, inbound)
        const finish = nonces && (await checkNonce(proof.nonce, nonces))
        if (memory) {
          const seconds = Math.ceil(proof.secondsLeft) + MEMORY_MARGIN_SECONDS
          const isNew = await memory.take(bound as string, await sha256(proof.id), seconds, scope)
          if (!isNew) throw invalidProof('the proof was used before: its jti is known')
        }
        return finish
      }
    },
  }
}

/** What the client has to know for its next proof; undefined where its nonce is the newest. */
async function checkNonce(nonce: unknown, nonces: Nonces): Promise<Finish | undefined> {
  const current = await nonces.current()
  if (nonce === current) return undefined
  const finish: Finish = (headers) => headers.set(NONCE_HEADER, current)
  if (await nonces.takes(nonce)) return finish
  const reason =
    nonce === undefined
      ? 'the proof has no nonce'
      : 'the nonce of the proof is not, or no longer, good'
  throw new GatewayError('use_dpop_nonce', { reason, finish })
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
