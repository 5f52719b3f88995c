// Private keys for assertions. They sign nothing outside these tests.

/** ES256. */
export const ASSERTION_KEY =
  '{"kty":"EC","x":"RpAKhJAmD0g8gUD3Q9SNKJfurUGxXGHx2c9NIPBkEyI","y":"TcWIJZsTf54b-8oLKOcnL4P8b2uc8-hcfEnMGAQ3aws","crv":"P-256","d":"3gjzapGU3vRjJsaPsODwCIaFg2ls6MtKGjWB6p1ovRM","kid":"es-1","alg":"ES256","use":"sig"}'

/** EdDSA, without a `kid`: that of RFC 8037 appendix A.1. */
export const EDWARDS_KEY =
  '{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'

/** Its thumbprint, as RFC 8037 appendix A.3 has it. */
export const EDWARDS_THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
