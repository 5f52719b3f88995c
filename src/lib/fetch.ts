/** What requests are sent through. */

/** Anything with `fetch`: the global one, a service binding, an mTLS certificate, a VPC service. */
export type Fetch = (request: Request) => Promise<Response>

/** A service binding, an mTLS certificate, a VPC service: whatever has `fetch`. */
export interface Binding {
  fetch: Fetch
}

/** `fetch` of a binding works only when called on it. */
export function bound(binding: Binding): Fetch {
  return (request) => binding.fetch(request)
}
