/** A person as they are known outside their object. */

/** What an administrator says about a person beside their login. */
export interface Profile {
  name?: string
  email?: string
  /** Whether they followed a link that was sent there. */
  emailVerified?: boolean
}

/** A person as the server and its administrator see them. */
export interface UserInfo extends Profile {
  /** The `sub` of their tokens; never changes and is never given to anyone else. */
  id: string
  login: string
  roles: string[]
  disabled: boolean
  /** Unix seconds. */
  createdAt: number
}
