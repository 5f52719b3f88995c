/**
 * The one script of the pages: it shows the passkey form where the browser can do passkeys, offers a
 * passkey where a name is typed, lets the authenticator fill the form, and makes passwords readable.
 * Everything else works without it.
 */

export const SCRIPT = `
for (const button of document.querySelectorAll('[data-reveal]')) {
  const field = document.getElementById(button.dataset.reveal)
  button.hidden = false
  button.addEventListener('click', () => {
    const shown = field.type === 'password'
    field.type = shown ? 'text' : 'password'
    button.textContent = shown ? 'Hide' : 'Show'
    button.setAttribute('aria-pressed', String(shown))
  })
}
const form = document.querySelector('form[data-passkey]')
if (form && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  const problem = form.querySelector('[role=alert]')
  let offer
  form.hidden = false
  const options = async () => {
    const answer = await fetch(form.dataset.passkey, { method: 'POST' })
    if (!answer.ok) throw new Error(answer.status)
    return answer.json()
  }
  const send = (credential) => {
    form.elements.response.value = JSON.stringify(credential)
    form.submit()
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    problem.hidden = true
    offer?.abort()
    try {
      const given = await options()
      send(form.dataset.kind === 'create'
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(given),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given),
          }))
    } catch {
      problem.hidden = false
    }
  })
  const suggest = async () => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    offer = new AbortController()
    const { signal } = offer
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await options())
    if (signal.aborted) return
    send(await navigator.credentials.get({ publicKey, mediation: 'conditional', signal }))
  }
  if (form.dataset.kind === 'get') suggest().catch(() => {})
}
`
