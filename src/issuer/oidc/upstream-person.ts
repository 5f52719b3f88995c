/** Which person of this server it is that has signed in at another provider. */

import type { IssuerEnv, Upstream } from '../config.ts'
import type { EnteredElsewhere } from '../storage/factors.ts'
import { directoryOf, factorsOf, personOf, visitorsOf } from '../storage/issuer-storage.ts'
import { addWithoutPassword } from '../storage/new-person.ts'
import { keepOwnerElsewhere, ownerElsewhere } from '../storage/owner-elsewhere.ts'
import { placeOfPerson } from '../storage/places.ts'
import type { Profile } from '../storage/user-info.ts'
import { addressLimits, networkOf } from './network.ts'
import { unavailable } from './unavailable.ts'
import type { UpstreamIdentity } from './upstream.ts'

/** People who are added from one address in an hour. */
const MAX_ADDED = 20
const WINDOW_SECONDS = 3600
/** ASCII alone: a letter that looks like another must not make an address somebody else's. */
const ADDRESS = /^[\x21-\x7e]{1,200}@([a-z\d.-]{1,253})$/i

/** One sign-in at the provider; its `state` counts once. */
export interface SignInElsewhere {
  state: string
  /** Unix seconds. */
  expiresAt: number
  /** The network address of the browser. */
  address: string
}

/**
 * A person, whom a code of their authenticator app may still be asked of; or why it is nobody: the
 * provider has not verified their address, or no account that may sign in is theirs.
 */
export type SignedInElsewhere = { id: string; needsCode: boolean } | 'unverified' | 'nobody'

type VerifiedProfile = Profile & { email: string }

export async function signInElsewhere(
  env: IssuerEnv,
  upstream: Upstream,
  identity: UpstreamIdentity,
  { state, expiresAt, address }: SignInElsewhere,
): Promise<SignedInElsewhere> {
  const how = `${upstream.name} from ${address}`
  const account = { issuer: identity.issuer, subject: identity.subject }
  const enter = async (id: string): Promise<EnteredElsewhere> =>
    personAt(env, id).signInElsewhere(account, { state, expiresAt, how })
  const owner = await unavailable(ownerElsewhere(env, account))
  const known = owner === undefined ? 'unknown' : await unavailable(enter(owner))
  if (known !== 'unknown') return known ?? 'nobody'
  const { name, email } = await identity.profile()
  if (email === undefined) return 'unverified'
  const profile = { ...(name !== undefined && { name }), email, emailVerified: true }
  const id = await findOrAdd(env, upstream, profile, address)
  if (id === undefined) return 'nobody'
  if (!(await unavailable(personAt(env, id).linkElsewhere(account, how)))) return 'nobody'
  await unavailable(keepOwnerElsewhere(env, account, id))
  const entered = await unavailable(enter(id))
  return entered === undefined || entered === 'unknown' ? 'nobody' : entered
}

/** The one person whom a verified address belongs to; of two, nobody can say which. */
async function findOrAdd(
  env: IssuerEnv,
  upstream: Upstream,
  profile: VerifiedProfile,
  address: string,
): Promise<string | undefined> {
  const { email } = profile
  const domain = ADDRESS.exec(email)?.[1]?.toLowerCase()
  if (domain === undefined) return undefined
  const [one, another] = await unavailable(directoryOf(env).findByEmail(email))
  if (another) return undefined
  if (!one) {
    const { createPeople } = upstream
    const isWanted = Array.isArray(createPeople) ? createPeople.includes(domain) : createPeople
    return isWanted ? addPerson(env, upstream, profile, address) : undefined
  }
  // The directory has a copy; the person's own object decides.
  const info = await unavailable(personOf(env, placeOfPerson(one.id) ?? '').active())
  const same = (text: string | undefined) => text?.toLowerCase() === email.toLowerCase()
  return info && (same(info.email) || same(info.login)) ? info.id : undefined
}

async function addPerson(
  env: IssuerEnv,
  upstream: Upstream,
  profile: VerifiedProfile,
  address: string,
): Promise<string | undefined> {
  const limits = addressLimits('add', address, MAX_ADDED, WINDOW_SECONDS)
  if ((await unavailable(visitorsOf(env, networkOf(address)).reserve(limits))) > 0) return undefined
  const { id, login } = await unavailable(addWithoutPassword(env, profile.email, [], profile))
  await unavailable(directoryOf(env).note('person added', `${login} by ${upstream.name}`))
  return id
}

function personAt(env: IssuerEnv, id: string) {
  return factorsOf(env, placeOfPerson(id) ?? '')
}
