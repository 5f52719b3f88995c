// Optional secrets and variables. `npm run types` finds the required ones in .dev.vars.example and the rest in
// wrangler.toml.

interface Env {
  ORIGIN?: string
  CLIENT_SECRET?: string
}
