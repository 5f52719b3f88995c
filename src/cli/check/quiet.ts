/** Imported before wrangler, which prints in its own words what is said here in others. */

process.env.WRANGLER_LOG ??= 'error'
