/** What an export holds, as an import takes it. */

import * as v from 'valibot'

const Uuid = v.pipe(v.string(), v.uuid())

/** A client as it is stored. */
export const StoredClient = v.strictObject({
  id: v.string(),
  /** JSON in the names of RFC 7591, without the secret. */
  metadata: v.string(),
  secretHash: v.nullable(v.string()),
  roles: v.array(v.string()),
  createdAt: v.number(),
})

/** A person as they are stored. */
export const StoredPerson = v.strictObject({
  info: v.strictObject({
    id: Uuid,
    login: v.string(),
    name: v.optional(v.string()),
    email: v.optional(v.string()),
    emailVerified: v.optional(v.boolean()),
    roles: v.array(v.string()),
    disabled: v.boolean(),
    createdAt: v.number(),
  }),
  passwordHash: v.nullable(v.string()),
  passkeys: v.array(
    v.strictObject({
      id: v.string(),
      name: v.string(),
      publicKey: v.string(),
      counter: v.number(),
      transports: v.array(v.string()),
      createdAt: v.number(),
      usedAt: v.nullable(v.number()),
    }),
  ),
  elsewhere: v.optional(v.array(v.strictObject({ issuer: v.string(), subject: v.string() }))),
})
